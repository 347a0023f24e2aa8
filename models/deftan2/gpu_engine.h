// SPDX-License-Identifier: MIT
// A causal DeFTAN-II on a GPU, from samples to samples: what Deftan2Session does on the CPU.
#pragma once

#include <memory>

#include "models/deftan2/gpu_deftan2_layers.h"
#include "models/gpu/engine.h"

namespace limpid::models {

class GpuDeftan2 final : public GpuEngine {
 public:
  // unsupported: more lanes and frames than kernels can count. The queue must outlive it.
  static Result<std::unique_ptr<GpuEngine>> open(kernels::cuda::LayerQueue& queue,
                                                 const Deftan2Network& network,
                                                 Arithmetic arithmetic, int lanes, int max_frames);

  Audio input() const noexcept override;
  Audio output() const noexcept override;
  Status run(int frames) const override;
  Status shift_history(int frames) const override { return memory_.shift_history(frames); }
  Status restart(int first, int count) const override { return memory_.restart(first, count); }

 private:
  GpuDeftan2(kernels::cuda::LayerQueue& queue, const Deftan2Config& config, int lanes,
             int max_frames);
  Status claim_memory();
  kernels::cuda::ArraySpectra spectra(int frames) const noexcept;
  Status analyse(int frames) const;
  Status filter(int frames, nn::Activation planes) const;

  kernels::cuda::LayerQueue& queue_;
  Deftan2Config config_;
  GpuMemory memory_;
  GpuDeftan2Layers layers_;
  GpuHalfScratch scratch_;

  GpuTimeline audio_;         // [microphone][lane][frame][hop]
  float* spectra_ = nullptr;  // [re, im][microphone][lane][frame][bin]
  float *levels_ = nullptr,
        *level_state_ = nullptr;  // [lane][frame]; what the running mean remembers
  float* planes_ = nullptr;       // [lane][frame][bin][planes of the output]
  GpuTimeline filtered_;          // [re, im][lane][frame][bin]
  float* output_ = nullptr;       // [lane][frame][hop]
};

}  // namespace limpid::models
