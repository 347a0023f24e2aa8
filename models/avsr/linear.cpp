// SPDX-License-Identifier: MIT
#include "models/avsr/linear.h"

#include <algorithm>

#include "lib/kernels/norms.h"

namespace limpid::models::avsr {
namespace {

constexpr float kEpsilon = 1e-5f;  // PyTorch's default

kernels::Matrix<const float> matrix(FeaturesView x) {
  return {x.data(), x.stride(0), static_cast<int>(x.extent(0)), static_cast<int>(x.extent(1))};
}

kernels::Matrix<float> matrix(TensorView<float, 2> x) {
  return {x.data(), x.stride(0), static_cast<int>(x.extent(0)), static_cast<int>(x.extent(1))};
}

Result<std::vector<float>> vector(io::Weights& weights, const std::string& name, int size) {
  const auto values = weights.find(name, {size});
  if (!values) return values.error();
  return std::vector<float>(values->begin(), values->end());
}

}  // namespace

Result<Linear> Linear::load(io::Weights& weights, const std::string& name, int outputs, int inputs,
                            bool bias) {
  Linear linear;
  const auto rows = weights.find(name + ".weight", {outputs, inputs});
  if (!rows) return rows.error();
  linear.matrix_ = kernels::PackedMatrix(*rows, outputs, inputs);
  if (!bias) return linear;
  if (auto done = take(vector(weights, name + ".bias", outputs), linear.bias_); !done)
    return done.error();
  return linear;
}

Features Linear::run(FeaturesView x, kernels::Activation activation) const {
  Features y({x.extent(0), matrix_.n()});
  kernels::gemm(matrix(x), 1, 0, matrix_, bias_, activation, matrix(y.view()));
  return y;
}

Result<Convolution> Convolution::load(io::Weights& weights, const std::string& name, int outputs,
                                      int inputs, int taps) {
  Convolution convolution;
  convolution.taps_ = taps;
  const auto stored = weights.find(name + ".weight", {outputs, inputs, taps});
  if (!stored) return stored.error();
  // Taps before channels, so that a window of frames is one row.
  std::vector<float> rows;
  rows.reserve(stored->size());
  for (int o = 0; o < outputs; ++o)
    for (int tap = 0; tap < taps; ++tap)
      for (int i = 0; i < inputs; ++i)
        rows.push_back((*stored)[static_cast<std::size_t>((o * inputs + i) * taps + tap)]);
  convolution.matrix_ = kernels::PackedMatrix(rows, outputs, taps * inputs);
  if (auto done = take(vector(weights, name + ".bias", outputs), convolution.bias_); !done)
    return done.error();
  return convolution;
}

Features Convolution::run(FeaturesView x) const {
  const std::ptrdiff_t frames = x.extent(0), inputs = x.extent(1);
  Features padded({frames + taps_ - 1, inputs});
  for (std::ptrdiff_t t = 0; t < frames; ++t)
    std::copy_n(x[t].data(), inputs, padded.view()[t + taps_ / 2].data());
  Features y({frames, matrix_.n()});
  // Rows overlap: row t begins at frame t and goes on for `taps` frames.
  kernels::gemm({padded.view().data(), {1, 1, static_cast<int>(frames)}, {0, 0, inputs}}, 1, 0,
                matrix_, bias_, kernels::Activation::relu, matrix(y.view()));
  return y;
}

Result<LayerNorm> LayerNorm::load(io::Weights& weights, const std::string& name, int width) {
  LayerNorm norm;
  if (auto done = take(vector(weights, name + ".weight", width), norm.gain_); !done)
    return done.error();
  if (auto done = take(vector(weights, name + ".bias", width), norm.offset_); !done)
    return done.error();
  return norm;
}

Features LayerNorm::run(FeaturesView x) const {
  Features y(x.shape());
  kernels::layer_norm(matrix(x), gain_.data(), offset_.data(), nullptr, kEpsilon, matrix(y.view()));
  return y;
}

Result<Projector> Projector::load(io::Weights& weights, const std::string& name, int inputs,
                                  int hidden, int width) {
  Projector projector;
  auto done = take(Linear::load(weights, name + ".0", hidden, inputs), projector.first_);
  if (done) done = take(Linear::load(weights, name + ".2", width, hidden), projector.second_);
  if (done) done = take(LayerNorm::load(weights, name + ".3", width), projector.norm_);
  if (!done) return done.error();
  return projector;
}

Features Projector::run(FeaturesView x) const {
  const Features hidden = first_.run(x, kernels::Activation::relu);
  const Features projected = second_.run(hidden.view());
  return norm_.run(projected.view());
}

Result<Encoder> Encoder::load(io::Weights& weights, const std::string& name, int inputs, int width,
                              int taps) {
  Encoder encoder;
  auto done =
      take(Convolution::load(weights, name + ".first", width, inputs, taps), encoder.first_);
  if (done)
    done = take(Convolution::load(weights, name + ".second", width, width, taps), encoder.second_);
  if (!done) return done.error();
  return encoder;
}

Features Encoder::run(FeaturesView x) const {
  const Features once = first_.run(x);
  return second_.run(once.view());
}

}  // namespace limpid::models::avsr
