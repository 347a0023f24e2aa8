// SPDX-License-Identifier: MIT
// The weights of DeFTAN-II's layers on a GPU. Everything there is real: nn::Activations have one
// part.
#pragma once

#include <initializer_list>
#include <vector>

#include "models/deftan2/layers.h"
#include "models/gpu/layers.h"
#include "models/gpu/memory.h"

namespace limpid::models {

// Where the rows of a product come from: the same row, some floats on, of one activation after the
// other, all of which have the same strides.
class GpuTaps {
 public:
  // Row r of `x`, `offset` floats further; zero where r + shift is no row of the layer.
  void add(nn::Activation x, std::ptrdiff_t offset, int shift = 0);

 private:
  friend struct GpuLinear;
  kernels::cuda::ProductSegment segments_[kernels::cuda::RealProductArgs::kMost] = {};
  int count_ = 0;
  std::ptrdiff_t frame_ = 0, row_ = 0;
};

// Y = end(X W + bias).
struct GpuLinear {
  int k = 0, n = 0;
  const float *w = nullptr, *bias = nullptr;
  kernels::cuda::Arithmetic arithmetic = kernels::cuda::Arithmetic::exact;

  // `rows`: of the layer; y may have more.
  Status run(kernels::cuda::LayerQueue& queue, const GpuTaps& taps, int rows, nn::Activation y,
             kernels::cuda::LinearEnd end = kernels::cuda::LinearEnd::none,
             const float* slope = nullptr) const;
  // A tap for each of its inputs.
  Status run(kernels::cuda::LayerQueue& queue, std::initializer_list<nn::Activation> inputs,
             nn::Activation y, kernels::cuda::LinearEnd end = kernels::cuda::LinearEnd::none) const;
};

struct GpuDenseStage {
  GpuLinear conv;
  kernels::cuda::NormWeights norm{};  // no gain: no norm; no slope: no PReLU either
};
using GpuDense = std::vector<GpuDenseStage>;

struct GpuAttention {
  kernels::cuda::NormWeights norm{};
  GpuLinear local;  // outputs in pairs: what is gated, and its gate
  GpuLinear query, key, value, out;
  const float* decay = nullptr;
};

struct GpuForward {
  kernels::cuda::NormWeights norm{}, conv_norm{};
  GpuLinear alone, around, conv, out;
  int dilation = 1;
};

// Brings them there, for products of one arithmetic.
class GpuArrayLoader {
 public:
  GpuArrayLoader(kernels::cuda::LayerQueue& queue, Arithmetic arithmetic)
      : loader_(queue, arithmetic) {}

  // The outputs of several layers side by side.
  Status linear(std::span<const Linear> layers, GpuLinear& linear);
  Status linear(const Linear& layer, GpuLinear& linear) {
    return this->linear({&layer, 1}, linear);
  }
  Status norm(const Norm& norm, std::span<const float> slope, kernels::cuda::NormWeights& weights);
  Status dense(const SplitDense& dense, GpuDense& gpu);
  Status attention(const Attention& attention, GpuAttention& gpu);
  Status forward(const FeedForward& forward, GpuForward& gpu);

 private:
  // by_input: [k][n]
  Status matrix(const std::vector<float>& by_input, std::span<const float> bias, int k, int n,
                GpuLinear& linear);
  Status gated(const Linear& both, GpuLinear& linear);
  Status upload(std::span<const float> values, const float*& to);

  GpuLoader loader_;
};

}  // namespace limpid::models
