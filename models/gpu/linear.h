// SPDX-License-Identifier: MIT
// Convolutions and linear layers of real networks on a GPU: nn::Activations have one part.
#pragma once

#include <initializer_list>
#include <span>
#include <vector>

#include "models/gpu/layers.h"
#include "models/gpu/memory.h"
#include "models/tensor_reader.h"

namespace limpid::models {

// Where the rows of a product come from: the same row, some floats on, of one activation after the
// other, all of which have the same strides.
class GpuTaps {
 public:
  // Row r of `x`, `offset` floats further; zero where r + shift is no row of the layer.
  void add(nn::Activation x, std::ptrdiff_t offset, int shift = 0);

 private:
  friend struct GpuLinear;
  kernels::cuda::ProductSegment segments_[kernels::cuda::RealProductArgs::kMax] = {};
  int count_ = 0;
  std::ptrdiff_t frame_ = 0, row_ = 0;
};

// Y = end(X W + bias). `packed`: activations are words of two numbers of 16 bits, which k counts;
// else it counts inputs.
struct GpuLinear {
  int k = 0, n = 0;
  bool packed = false;
  const float *w = nullptr, *bias = nullptr;
  Arithmetic arithmetic = Arithmetic::exact;

  // `rows`: of the layer; y may have more.
  Status run(kernels::cuda::LayerQueue& queue, const GpuTaps& taps, int rows, nn::Activation y,
             kernels::cuda::LinearEnd end = kernels::cuda::LinearEnd::none,
             const float* slope = nullptr) const;
  // A tap for each of its inputs.
  Status run(kernels::cuda::LayerQueue& queue, std::initializer_list<nn::Activation> inputs,
             nn::Activation y, kernels::cuda::LinearEnd end = kernels::cuda::LinearEnd::none) const;

  Status load(GpuLoader& loader, const Linear& layer) { return load(loader, {&layer, 1}); }
  // The outputs of several layers side by side. Packed, inputs of each tap are filled up to whole
  // sixteens, with zeros for weights.
  Status load(GpuLoader& loader, std::span<const Linear> layers, int taps = 1);
  // by_input: [k][n]
  Status load(GpuLoader& loader, const std::vector<float>& by_input, std::span<const float> bias,
              int inputs, int outputs);
  std::ptrdiff_t weight(int input) const;  // where those of an even one begin
};

// Layers that read and write columns of their own of the same frames, as few kernels.
class GpuLinears {
 public:
  // `layer` reads floats [from, from + k) of a frame and writes [to, to + n) of its real part (0)
  // or its imaginary one (1).
  void add(const GpuLinear& layer, std::ptrdiff_t from, std::ptrdiff_t to, int part = 0) {
    layers_.push_back({layer, from, to, part});
  }
  Status run(kernels::cuda::LayerQueue& queue, nn::Activation x, nn::Activation y) const;

 private:
  struct Layer {
    GpuLinear linear;
    std::ptrdiff_t from, to;
    int part;
  };
  std::vector<Layer> layers_;
};

// gelu(X W + bias) of rows so long that a block of threads would be long about one: each takes some
// inputs, another kernel adds what they made.
class GpuLongLinear {
 public:
  static constexpr int kInputs = 256;  // of a part
  static constexpr int parts(int inputs) { return (inputs + kInputs - 1) / kInputs; }

  Status load(GpuLoader& loader, const Linear& layer);
  int n() const noexcept { return whole_.n; }
  // One row a frame. `sums`: parts() times as much as y.
  Status run(kernels::cuda::LayerQueue& queue, nn::Activation x, float* sums,
             nn::Activation y) const;

 private:
  GpuLinear whole_;
  GpuLinears parts_;
};

}  // namespace limpid::models
