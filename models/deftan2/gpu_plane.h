// SPDX-License-Identifier: MIT
// Either end of a network on a GPU (models/deftan2/plane_{stream,whole}.h). In a stream, taps reach
// two frames back and norms see a frame; over a whole recording they reach one back and one ahead,
// and norms see all of it.
#pragma once

#include "models/deftan2/gpu_layers.h"
#include "models/deftan2/gpu_store.h"

namespace limpid::models {

enum class GpuReach { stream, whole };

class GpuPlane {
 public:
  // Where a call reads and works. The frames that taps reach in front of it and behind it, and the
  // rows below and above each frame, are zeros or of earlier calls.
  struct Workspace {
    nn::Activation input;  // [lane][frame][bin][store.plane_words(inputs)]
    nn::Activation work;   // [lane][frame][bin][work_channels()]
    // Of a whole recording: [lane][frame] and [lane].
    kernels::cuda::Complex *moments = nullptr, *of_lanes = nullptr;
  };

  // The queue must outlive it. `store`: of its input, its work and its result.
  explicit GpuPlane(kernels::cuda::LayerQueue& queue, GpuReach reach = GpuReach::stream,
                    GpuStore store = {})
      : queue_(queue), reach_(reach), store_(store) {}

  Status load(const Deftan2PlaneBlock& block, GpuArrayLoader& loader);
  int work_channels() const noexcept { return slots() * store_.words(width_); }
  // out [lane][frame][bin][width]
  Status run(const Workspace& workspace, nn::Activation out) const;

  // Of a stream, which remembers.
  Status claim(GpuMemory& memory, int bins);
  nn::Activation input(int frames) const noexcept { return input_.fresh(frames); }
  Status run(nn::Activation out) const {
    return run({input(out.frames), work_.fresh(out.frames)}, out);
  }

 private:
  bool whole() const noexcept { return reach_ == GpuReach::whole; }
  int groups() const noexcept { return static_cast<int>(dense_.size()); }
  // Inputs of all stages and the results of all but the last. What nobody reads again, a whole
  // recording's results take the place of; in a stream it is remembered.
  int slots() const noexcept { return whole() ? groups() + 1 : 2 * groups() - 1; }
  int result(int group) const noexcept {
    return whole() && group > 0 ? group - 1 : groups() + group;
  }
  void add_taps(GpuTaps& taps, nn::Activation x) const;
  Status norm(const Workspace& workspace, const kernels::cuda::NormWeights& weights,
              nn::Activation x) const;
  Status stage(int group, const Workspace& workspace, nn::Activation out) const;

  kernels::cuda::LayerQueue& queue_;
  GpuReach reach_;
  GpuStore store_;
  int inputs_ = 0, width_ = 0;
  GpuLinear conv_;  // to all groups
  kernels::cuda::NormWeights norm_{};
  GpuDense dense_;
  GpuTimeline input_, work_;
};

}  // namespace limpid::models
