// SPDX-License-Identifier: MIT
// Layers of FRCRN with their weights on a GPU.
#pragma once

#include <span>

#include "lib/kernels/cuda/layers.h"
#include "lib/nn/complex_fsmn.h"
#include "lib/nn/complex_norm.h"
#include "lib/nn/squeeze_excitation.h"

namespace limpid::models {

// Y = X W and what follows, as ComplexProductArgs has them.
struct GpuProduct {
  int k = 0, n = 0;
  const float *re = nullptr, *im = nullptr;
  const float *scale[2] = {}, *shift[2] = {};
  float slope = 1;

  Status run(kernels::cuda::LayerQueue& queue, kernels::cuda::ProductKind kind,
             const kernels::cuda::ComplexRows<const float>& x, int segment,
             std::ptrdiff_t segment_stride, const kernels::cuda::ComplexRows<float>& y) const;
};

struct GpuFsmn {
  GpuProduct linear, project_f, project_g;
  const float* taps = nullptr;
  int channels = 0, order = 0;
};

struct GpuGate {
  nn::Pooling pooling = nn::Pooling::none;
  GpuProduct first, second_r, second_i;
  const float* frozen = nullptr;  // [re, im][channel]
  int channels = 0, hidden = 0, horizon = 0;
  float* state = nullptr;  // of the running mean: see RunningMeanArgs
};

// Brings weights to the GPU.
class GpuLoader {
 public:
  explicit GpuLoader(kernels::cuda::LayerQueue& queue) : queue_(queue) {}

  Result<const float*> upload(std::span<const float> values);
  // Without scale and shift. `im` may be empty: real weights.
  Status plain(std::span<const float> re, std::span<const float> im, int k, int n,
               GpuProduct& product);
  // `both`: [A | B], real and imaginary weights side by side.
  Status convolution(const kernels::PackedMatrix& both, const nn::ComplexNorm& norm,
                     GpuProduct& product);
  Status linear(const kernels::PackedMatrix& matrix, std::span<const float> bias, float slope,
                GpuProduct& product);
  Status fsmn(const nn::ComplexFsmn& layer, GpuFsmn& fsmn);
  Status gate(const nn::SqueezeExcitation& layer, GpuGate& gate);

 private:
  Status affine(GpuProduct& product, std::span<const float> scale_re,
                std::span<const float> shift_re, std::span<const float> scale_im,
                std::span<const float> shift_im);

  kernels::cuda::LayerQueue& queue_;
};

}  // namespace limpid::models
