// SPDX-License-Identifier: MIT
// FRCRN over whole recordings on a GPU: all frames of some recordings in each kernel, as
// squeeze-excitation over all frames needs it. What frcrn_whole() does on CPUs.
#pragma once

#include <memory>
#include <vector>

#include "lib/dsp/stft.h"
#include "models/frcrn/gpu_unet.h"
#include "models/frcrn/network.h"
#include "models/gpu/engine.h"
#include "models/gpu/transforms.h"

namespace limpid::models {

class GpuFrcrnWhole {
 public:
  // Up to `max_hops` hops of each recording. unsupported: networks that are not made for whole
  // recordings, more than kernels can count. The queue must outlive it.
  static Result<std::unique_ptr<GpuFrcrnWhole>> open(kernels::cuda::LayerQueue& queue,
                                                     const FrcrnNetwork& network,
                                                     Arithmetic arithmetic, int recordings,
                                                     int max_hops);
  GpuFrcrnWhole(const GpuFrcrnWhole&) = delete;
  GpuFrcrnWhole& operator=(const GpuFrcrnWhole&) = delete;

  int recordings() const noexcept { return memory_.lanes(); }
  int max_hops() const noexcept { return max_hops_; }
  // Where hops go in and come out; those that come out are not scaled at both ends
  // (undo_edge_windows).
  GpuEngine::Audio input() const noexcept { return {audio_, pitch()}; }
  GpuEngine::Audio output() const noexcept { return {output_, pitch()}; }
  // Enqueues a call, at least one window long; when it is finished, the next one may begin.
  Status run(int hops);

 private:
  GpuFrcrnWhole(kernels::cuda::LayerQueue& queue, const FrcrnConfig& config, int recordings,
                int max_hops);
  Status load(const FrcrnNetwork& network, Arithmetic arithmetic);
  Status claim_memory();

  std::ptrdiff_t pitch() const noexcept { return std::ptrdiff_t{max_hops_} * stft_.hop; }
  int early() const noexcept { return stft_.window / stft_.hop - 1; }  // hops before a whole window
  Status mark(int frames);
  Status make_masks(nn::Activation spectra);
  Status synthesise(nn::Activation spectra) const;

  kernels::cuda::LayerQueue& queue_;
  const FrcrnConfig config_;
  const dsp::StftSpec stft_;
  const int max_hops_;
  GpuMemory memory_;
  GpuTransforms transforms_;
  const GpuTimeline no_stream_;  // nothing is alive or not
  std::vector<GpuUnet> unets_;
  GpuScratch scratch_;
  float *audio_ = nullptr, *output_ = nullptr;        // [recording][hop]
  float *spectra_ = nullptr, *masked_ = nullptr;      // [re, im][recording][frame][bin]
  float *inside_ = nullptr, *host_inside_ = nullptr;  // see GpuRecording
};

}  // namespace limpid::models
