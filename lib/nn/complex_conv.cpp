// SPDX-License-Identifier: MIT
#include "lib/nn/complex_conv.h"

#include "lib/nn/complex_weights.h"
#include "lib/nn/scratch.h"

namespace limpid::nn {
namespace {

// PyTorch's [out][in][kernel][time] to rows of the product: [out][time][kernel][in], A above B.
std::vector<float> product_rows(std::span<const float> a, std::span<const float> b,
                                const ConvShape& shape) {
  const int outs = shape.out_channels, ins = shape.in_channels, kernel = shape.kernel;
  std::vector<float> rows;
  rows.reserve(2 * a.size());
  for (const auto& part : {a, b})
    for (int out = 0; out < outs; ++out)
      for (int time = 0; time < 2; ++time)
        for (int tap = 0; tap < kernel; ++tap)
          for (int in = 0; in < ins; ++in)
            rows.push_back(
                part[static_cast<std::size_t>(((out * ins + in) * kernel + tap) * 2 + time)]);
  return rows;
}

}  // namespace

Result<ComplexConv> ComplexConv::load(io::Weights& weights, const std::string& prefix,
                                      const ConvShape& shape) {
  auto loaded =
      load_complex(weights, prefix + ".conv.conv", prefix + ".bn",
                   {shape.out_channels, shape.in_channels, shape.kernel, 2}, shape.out_channels);
  if (!loaded) return loaded.error();

  ComplexConv layer;
  layer.shape_ = shape;
  layer.weights_ =
      kernels::PackedMatrix(product_rows(loaded->a, loaded->b, shape), 2 * shape.out_channels,
                            2 * shape.kernel * shape.in_channels);
  layer.norm_ = std::move(loaded->norm);
  return layer;
}

std::size_t ComplexConv::scratch(int lanes) const noexcept {
  return activation_size(lanes, 1, out_rows(shape_), 2 * shape_.out_channels);
}

void ComplexConv::run(ConstActivation in, Activation out,
                      std::span<float> scratch) const LIMPID_REALTIME {
  const int tile = frames_per_tile(scratch, this->scratch(out.lanes), out.frames);
  for (int first = 0; first < out.frames; first += tile) {
    const int count = std::min(tile, out.frames - first);
    const auto products = dense(scratch.data(), out.lanes, count, out.rows, 2 * out.channels);
    kernels::gemm(in.slice_frames(first, count).matrix(out.rows, kStride), 2, in.frame_stride,
                  weights_, {}, kernels::Activation::none, products.matrix());
    norm_.apply(products, out.slice_frames(first, count));
  }
}

}  // namespace limpid::nn
