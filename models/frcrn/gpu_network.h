// SPDX-License-Identifier: MIT
// FRCRN on a GPU, from samples to samples: transform, U-Nets, filter, transform back, all lanes and
// frames of a call in each kernel. Every kind that streams and has a recurrence along frequency.
#pragma once

#include <memory>
#include <vector>

#include "lib/dsp/stft.h"
#include "lib/kernels/cuda/layers.h"
#include "models/frcrn/gpu_unet.h"
#include "models/frcrn/mask_network.h"

namespace limpid::models {

class GpuNetwork {
 public:
  // unsupported: another kind of FRCRN, or more lanes and frames than kernels can count. The queue
  // must outlive the network.
  static Result<std::unique_ptr<GpuNetwork>> open(kernels::cuda::LayerQueue& queue,
                                                  const MaskNetwork& network,
                                                  const dsp::StftSpec& stft, int lanes,
                                                  int max_frames);

  // Where [lane][frames * hop] samples go in and come out, input_pitch() and output_pitch() floats
  // from lane to lane.
  float* input() const noexcept { return audio_.data + audio_.history * stft_.hop; }
  std::ptrdiff_t input_pitch() const noexcept {
    return std::ptrdiff_t{audio_.capacity} * stft_.hop;
  }
  const float* output() const noexcept { return output_; }
  std::ptrdiff_t output_pitch() const noexcept {
    return std::ptrdiff_t{memory_.max_frames()} * stft_.hop;
  }
  // [lane][frame] of voice activity, voice_pitch() floats from lane to lane; null where the network
  // tells none.
  const float* voice() const noexcept { return voice_.data; }
  std::ptrdiff_t voice_pitch() const noexcept { return voice_.capacity; }

  // Enqueues a call of 1 .. max_frames frames, and, when its results have been fetched, what
  // prepares the next one.
  Status run(int frames) const;
  Status keep(int frames) const { return memory_.keep(frames); }
  Status reset() const { return memory_.restart(0, memory_.lanes()); }
  Status restart(int lane) const { return memory_.restart(lane, 1); }

 private:
  GpuNetwork(kernels::cuda::LayerQueue& queue, const FrcrnConfig& config, const dsp::StftSpec& stft,
             int lanes, int max_frames);
  Status load(const MaskNetwork& network);
  Status load_transforms(GpuLoader& loader);
  Status claim_memory();
  Status claim_alive();

  bool extends() const noexcept { return stft_.bins() > config_.bins(); }
  kernels::cuda::Mask mask(int frames) const noexcept;
  Status analyse(int frames) const;
  Status refine(int frames) const;
  Status extend(int frames) const;
  Status filter(int frames) const;
  Status listen(int frames) const;

  kernels::cuda::LayerQueue& queue_;
  FrcrnConfig config_;
  dsp::StftSpec stft_;
  GpuMemory memory_;
  int overlap_;  // windows that share a sample

  GpuProduct analysis_, synthesis_;
  std::vector<GpuUnet> unets_;
  const float* voice_weight_ = nullptr;
  float voice_bias_ = 0;

  // audio: one row of hop samples a frame; alive and voice: one value; all three are real.
  GpuTimeline audio_, spectra_, masked_, alive_, voice_;
  GpuScratch scratch_;
  float *gains_ = nullptr, *gain_state_ = nullptr;  // above the band
  float* levels_ = nullptr;  // what the level features remember; null where the network has none
  float* output_ = nullptr;
};

}  // namespace limpid::models
