// SPDX-License-Identifier: MIT
// Layers of LongConv on a GPU. Rows lie as on the CPU, [lane][frame][band][channel]; as activations
// (lib/nn/activation.h) they have a real part only.
#pragma once

#include "models/gpu/linear.h"
#include "models/longconv/long_memory.h"
#include "models/longconv/perceptron.h"

namespace limpid::models {

// What layers use one after the other.
struct GpuBandScratch {
  float* side = nullptr;  // as x
  // q, k and v of every band, or what lies between the layers of a Perceptron, and the sums that
  // it is made of.
  float* wide = nullptr;
};

struct GpuRowNorm {
  const float *gain = nullptr, *offset = nullptr;

  Status load(const Norm& norm, GpuLoader& loader);
  kernels::cuda::NormWeights weights() const noexcept;
  // y may be x.
  Status run(kernels::cuda::LayerQueue& queue, nn::Activation x, nn::Activation y) const;
};

// Where the rings of all blocks stand, which turn together, and what they have room for, in frames.
struct GpuRing {
  kernels::cuda::RingHead* head = nullptr;
  int capacity = 0, brief_capacity = 0;
};

class GpuLongMemory {
 public:
  Status load(const LongMemory& layer, GpuLoader& loader);
  Status claim(GpuMemory& memory, int bands, const GpuRing& ring);
  // x += what is remembered.
  Status run(kernels::cuda::LayerQueue& queue, nn::Activation x, const GpuRing& ring,
             const GpuBandScratch& scratch) const;

 private:
  Status load_filters(std::span<const float> oldest_first, GpuLoader& loader);
  // q, k and v, by way of `recent`.
  Status project(const kernels::cuda::NormedFilterArgs& filter, kernels::cuda::LayerQueue& queue,
                 nn::Activation recent, nn::Activation qkv) const;

  GpuRowNorm norm_;
  const float *short_ = nullptr, *long_ = nullptr;
  int short_taps_ = 0, long_taps_ = 0, channels_ = 0, inner_ = 0;
  GpuLinear inputs_, outputs_;
  float *normed_ = nullptr, *past_ = nullptr, *tails_ = nullptr;
};

// gelu(W norm(x) + bias) of all bands of a frame, of channels of which a block has room for a row.
class GpuBandLinear {
 public:
  Status load(GpuLoader& loader, const Linear& layer, int channels);
  // `sums`: as many times y as x has bands.
  Status run(kernels::cuda::LayerQueue& queue, nn::Activation x,
             const kernels::cuda::NormWeights& norm, float* sums, nn::Activation y) const;

 private:
  GpuLinear whole_;             // every band's inputs an even number of them, zeros behind
  std::ptrdiff_t of_band_ = 0;  // words
};

class GpuPerceptron {
 public:
  Status load(const Perceptron& layer, GpuLoader& loader);
  Status run(kernels::cuda::LayerQueue& queue, nn::Activation x,
             const GpuBandScratch& scratch) const;

 private:
  Status run_rows(kernels::cuda::LayerQueue& queue, nn::Activation x) const;
  // `sums`: room for what `hidden` is made of.
  Status project_frame(kernels::cuda::LayerQueue& queue, nn::Activation x, float* side, float* sums,
                       nn::Activation hidden) const;

  Perceptron::Over over_ = Perceptron::Over::band;
  GpuRowNorm norm_;
  GpuLinear inputs_;            // over a band
  GpuBandLinear band_inputs_;   // over a frame
  GpuLongLinear whole_inputs_;  // the same of more channels
  GpuLinear outputs_;
};

// All bands of a frame as one row.
nn::Activation by_frame(nn::Activation x) noexcept;

}  // namespace limpid::models
