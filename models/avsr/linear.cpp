// SPDX-License-Identifier: MIT
#include "models/avsr/linear.h"

#include <algorithm>

#include "lib/kernels/norms.h"

namespace limpid::models::avsr {
namespace {

kernels::Matrix<const float> matrix(FeaturesView x) {
  return {x.data(), x.stride(0), static_cast<int>(x.extent(0)), static_cast<int>(x.extent(1))};
}

kernels::Matrix<float> matrix(TensorView<float, 2> x) {
  return {x.data(), x.stride(0), static_cast<int>(x.extent(0)), static_cast<int>(x.extent(1))};
}

// From PyTorch's [output][input][tap] to [output][tap][input], so that a window of frames is one
// row.
kernels::PackedMatrix pack_taps(const std::vector<float>& weight, int outputs, int inputs,
                                int taps) {
  std::vector<float> rows;
  rows.reserve(weight.size());
  for (int o = 0; o < outputs; ++o)
    for (int tap = 0; tap < taps; ++tap)
      for (int i = 0; i < inputs; ++i)
        rows.push_back(weight[static_cast<std::size_t>((o * inputs + i) * taps + tap)]);
  return {rows, outputs, taps * inputs};
}

}  // namespace

Features run(const Linear& linear, FeaturesView x, kernels::Activation activation) {
  Features y({x.extent(0), linear.weights.n()});
  kernels::gemm(matrix(x), 1, 0, linear.weights, linear.bias, activation, matrix(y.view()));
  return y;
}

Features run(const Norm& norm, FeaturesView x) {
  Features y(x.shape());
  kernels::layer_norm(matrix(x), norm.gain.data(), norm.offset.data(), nullptr,
                      kernels::kNormEpsilon, matrix(y.view()));
  return y;
}

Convolution::Convolution(TensorReader& reader, const std::string& name, int outputs, int inputs,
                         int taps)
    : taps_(taps),
      linear_{
          pack_taps(reader.take(name + ".weight", {outputs, inputs, taps}), outputs, inputs, taps),
          reader.take(name + ".bias", {outputs})} {}

Features Convolution::run(FeaturesView x) const {
  const std::ptrdiff_t frames = x.extent(0), inputs = x.extent(1);
  Features padded({frames + taps_ - 1, inputs});
  for (std::ptrdiff_t t = 0; t < frames; ++t)
    std::copy_n(x[t].data(), inputs, padded.view()[t + taps_ / 2].data());
  Features y({frames, linear_.weights.n()});
  // Rows overlap: row t begins at frame t and goes on for `taps` frames.
  kernels::gemm({padded.view().data(), {1, 1, static_cast<int>(frames)}, {0, 0, inputs}}, 1, 0,
                linear_.weights, linear_.bias, kernels::Activation::relu, matrix(y.view()));
  return y;
}

Projector::Projector(TensorReader& reader, const std::string& name, int inputs, int hidden,
                     int width)
    : first_(load_linear(reader, name + ".0", hidden, inputs, true)),
      second_(load_linear(reader, name + ".2", width, hidden, true)),
      norm_(load_norm(reader, name + ".3", width)) {}

Features Projector::run(FeaturesView x) const {
  const Features hidden = avsr::run(first_, x, kernels::Activation::relu);
  const Features projected = avsr::run(second_, hidden.view());
  return avsr::run(norm_, projected.view());
}

Encoder::Encoder(TensorReader& reader, const std::string& name, int inputs, int width, int taps)
    : first_(reader, name + ".first", width, inputs, taps),
      second_(reader, name + ".second", width, width, taps) {}

Features Encoder::run(FeaturesView x) const {
  const Features once = first_.run(x);
  return second_.run(once.view());
}

}  // namespace limpid::models::avsr
