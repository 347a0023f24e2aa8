// SPDX-License-Identifier: MIT
#include "models/longconv/perceptron.h"

#include "lib/kernels/elementwise.h"
#include "lib/kernels/gates.h"
#include "lib/kernels/norms.h"

namespace limpid::models {
namespace {

int width_of(const LongConvConfig& config, Perceptron::Over over) {
  return over == Perceptron::Over::frame ? config.width() : config.channels;
}

int hidden_of(const LongConvConfig& config, Perceptron::Over over) {
  return over == Perceptron::Over::frame ? config.exchange : config.hidden;
}

}  // namespace

Perceptron::Perceptron(TensorReader& reader, const std::string& prefix,
                       const LongConvConfig& config, Over over)
    : over_(over),
      bands_(config.band_count()),
      channels_(config.channels),
      norm_(load_norm(reader, prefix + ".norm", config.channels)),
      inputs_(load_linear(reader, prefix + ".inputs", hidden_of(config, over),
                          width_of(config, over), true)),
      outputs_(load_linear(reader, prefix + ".outputs", width_of(config, over),
                           hidden_of(config, over), true)) {}

std::size_t Perceptron::scratch(int lanes, int frames) const noexcept {
  const auto columns = static_cast<std::size_t>(lanes) * static_cast<std::size_t>(frames);
  const int rows = over_ == Over::frame ? 1 : bands_;
  return columns * static_cast<std::size_t>(bands_ * channels_ + rows * inputs_.weights.n());
}

void Perceptron::run(const BandRows& x, std::span<float> scratch) const LIMPID_REALTIME {
  BandRows side = x;  // norm(x), later what is added to x
  side.data = scratch.data();
  kernels::layer_norm(x.by_band(), norm_.gain.data(), norm_.offset.data(), nullptr,
                      kernels::kNormEpsilon, side.by_band());
  const auto rows = over_ == Over::frame ? side.by_frame() : side.by_band();
  const int hidden_width = inputs_.weights.n();
  const kernels::Matrix<float> hidden{side.data + side.size(), hidden_width, rows.rows,
                                      hidden_width};
  kernels::gemm(rows, 1, 0, inputs_.weights, inputs_.bias, kernels::Activation::none, hidden);
  kernels::gelu(hidden);
  kernels::gemm(hidden, 1, 0, outputs_.weights, outputs_.bias, kernels::Activation::none, rows);
  kernels::accumulate(side.data, static_cast<int>(x.size()), x.data);
}

}  // namespace limpid::models
