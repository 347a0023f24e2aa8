// SPDX-License-Identifier: MIT
#include "lib/nn/complex_transposed_conv.h"

#include "lib/nn/complex_weights.h"
#include "lib/nn/scratch.h"

namespace limpid::nn {
namespace {

int taps_of(int kernel, int parity) noexcept {
  return (kernel + 1 - parity) / 2;
}

// PyTorch's [in][out][kernel][time] to the rows that make output rows 2g + parity:
// [out][time][tap][in], A above B. The input row g - j meets kernel tap 2j + parity, and rows are
// read upwards, so j runs down; the earlier frame meets time tap 1.
std::vector<float> product_rows(std::span<const float> a, std::span<const float> b,
                                const ConvShape& shape, int parity) {
  const int outs = shape.out_channels, kernel = shape.kernel;
  std::vector<float> rows;
  for (const auto& part : {a, b})
    for (int out = 0; out < outs; ++out)
      for (int time : {1, 0})
        for (int j = taps_of(kernel, parity); j-- > 0;)
          for (int in = 0; in < shape.in_channels; ++in) {
            const int tap = 2 * j + parity;
            rows.push_back(
                part[static_cast<std::size_t>(((in * outs + out) * kernel + tap) * 2 + time)]);
          }
  return rows;
}

}  // namespace

Result<ComplexTransposedConv> ComplexTransposedConv::load(io::Weights& weights,
                                                          const std::string& prefix,
                                                          const ConvShape& shape) {
  auto loaded =
      load_complex(weights, prefix + ".transconv.tconv", prefix + ".bn",
                   {shape.in_channels, shape.out_channels, shape.kernel, 2}, shape.out_channels);
  if (!loaded) return loaded.error();

  ComplexTransposedConv layer;
  layer.shape_ = shape;
  for (int parity = 0; parity < 2; ++parity) {
    (parity == 0 ? layer.even_ : layer.odd_) = kernels::PackedMatrix(
        product_rows(loaded->a, loaded->b, shape, parity), 2 * shape.out_channels,
        2 * taps_of(shape.kernel, parity) * shape.in_channels);
  }
  layer.norm_ = std::move(loaded->norm);
  return layer;
}

std::size_t ComplexTransposedConv::scratch(int lanes) const noexcept {
  return activation_size(lanes, 1, out_rows(shape_), 2 * shape_.out_channels);
}

void ComplexTransposedConv::run(ConstActivation in, Activation out,
                                std::span<float> scratch) const LIMPID_REALTIME {
  const int tile = frames_per_tile(scratch, this->scratch(out.lanes), out.frames);
  const int pad = padding(shape_);
  for (int first = 0; first < out.frames; first += tile) {
    const int count = std::min(tile, out.frames - first);
    const auto products = dense(scratch.data(), out.lanes, count, out.rows, 2 * out.channels);
    for (int parity = 0; parity < 2; ++parity) {
      const int rows = (out.rows + 1 - parity) / 2;
      const auto first_tap =
          in.slice_frames(first, count).slice_rows(pad + 1 - taps_of(shape_.kernel, parity), rows);
      kernels::gemm(first_tap.matrix(rows), 2, in.frame_stride, parity == 0 ? even_ : odd_, {},
                    kernels::Activation::none, products.slice_rows(parity, rows).matrix(rows, 2));
    }
    norm_.apply(products, out.slice_frames(first, count));
  }
}

}  // namespace limpid::nn
