// SPDX-License-Identifier: MIT
// The weights of DeFTAN-II's layers on a GPU. Everything there is real: nn::Activations have one
// part.
#pragma once

#include <vector>

#include "models/deftan2/layers.h"
#include "models/gpu/linear.h"

namespace limpid::models {

struct GpuDenseStage {
  GpuLinear conv;
  kernels::cuda::NormWeights norm{};  // no gain: no norm; no slope: no PReLU either
};
using GpuDense = std::vector<GpuDenseStage>;

struct GpuAttention {
  kernels::cuda::NormWeights norm{};
  GpuLinear local;  // outputs in pairs: what is gated, and its gate
  GpuLinear query, key, value, out;
  std::vector<GpuLinear> value_to_out;  // of each head, without bias; none along a stream's time
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
  // `packed`: as GpuLoader's.
  GpuArrayLoader(kernels::cuda::LayerQueue& queue, Arithmetic arithmetic, bool packed = false)
      : loader_(queue, arithmetic, packed) {}

  Status linear(const Linear& layer, GpuLinear& linear) { return linear.load(loader_, layer); }
  // `taps`: as GpuLinear's.
  Status linear(std::span<const Linear> layers, GpuLinear& linear, int taps = 1) {
    return linear.load(loader_, layers, taps);
  }
  Status norm(const Norm& norm, std::span<const float> slope, kernels::cuda::NormWeights& weights);
  Status dense(const SplitDense& dense, GpuDense& gpu);
  Status attention(const BlockAttention& attention, GpuAttention& gpu);
  Status forward(const FeedForward& forward, GpuForward& gpu);

 private:
  Status gated(const Linear& both, GpuLinear& linear);
  Status head(const kernels::PackedMatrix& value_to_out, GpuLinear& linear);
  Status upload(std::span<const float> values, const float*& to);

  GpuLoader loader_;
};

}  // namespace limpid::models
