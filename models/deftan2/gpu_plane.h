// SPDX-License-Identifier: MIT
// Either end of a causal network on a GPU (models/deftan2/plane_stream.h).
#pragma once

#include "models/deftan2/gpu_layers.h"

namespace limpid::models {

class GpuPlane {
 public:
  // The queue must outlive it.
  explicit GpuPlane(kernels::cuda::LayerQueue& queue) : queue_(queue) {}

  Status load(const PlaneBlock& block, GpuArrayLoader& loader);
  Status claim(GpuMemory& memory, int bins);

  // Where [lane][frame][bin][inputs] of a call go in.
  nn::Activation input(int frames) const noexcept { return input_.fresh(frames); }
  // out [lane][frame][bin][width]
  Status run(nn::Activation out) const;

 private:
  int groups() const noexcept { return static_cast<int>(dense_.size()); }
  Status stage(int group, nn::Activation work, nn::Activation out) const;

  kernels::cuda::LayerQueue& queue_;
  int inputs_ = 0, width_ = 0;
  GpuLinear conv_;  // to all groups
  kernels::cuda::NormWeights norm_{};
  GpuDense dense_;
  GpuTimeline input_;
  GpuTimeline work_;  // inputs of all stages, then results of all but the last
};

}  // namespace limpid::models
