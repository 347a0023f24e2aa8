// SPDX-License-Identifier: MIT
// LongConv's masks on a GPU.
#pragma once

#include <memory>
#include <vector>

#include "models/gpu/mask_maker.h"
#include "models/longconv/gpu_layers.h"
#include "models/longconv/network.h"

namespace limpid::models {

class GpuLongConv final : public GpuMaskMaker {
 public:
  static Result<std::unique_ptr<GpuMaskMaker>> open(const LongConvNetwork& network,
                                                    GpuMemory& memory, Arithmetic arithmetic);

  Status run(const GpuSpectra& input, int frames) const override;
  kernels::cuda::Mask mask(int frames) const override;
  const GpuTimeline& voice() const override { return voice_; }
  Status shift_history(int frames) const override {
    return queue_.advance({ring_.head, frames, ring_.capacity, ring_.brief_capacity,
                           frames > kernels::cuda::LongFilterArgs::kLive});
  }

 private:
  struct Block {
    GpuLongMemory memory;
    GpuPerceptron exchange, refine;
  };

  GpuLongConv(const LongConvConfig& config, GpuMemory& memory)
      : queue_(memory.queue()), memory_(memory), config_(config) {}
  Status load(const LongConvNetwork& network, Arithmetic arithmetic);
  Status load_bands(const LongConvNetwork& network, GpuLoader& loader);
  Status load_split(const Linear& from, int first, int bins, int band, GpuLoader& loader);
  Status load_masks(const Linear& from, int first, int bins, int band, GpuLoader& loader);
  Status claim();
  Status claim_scratch();

  Status analyse(const GpuSpectra& input, int frames) const;
  Status detect_voice(int frames) const;
  int of_bin() const noexcept { return config_.microphones * kFeatures; }  // features of a bin

  kernels::cuda::LayerQueue& queue_;
  GpuMemory& memory_;
  LongConvConfig config_;
  GpuLinears split_, make_masks_;  // a layer for every band
  std::vector<Block> blocks_;
  GpuRowNorm norm_;
  const float* voice_weight_ = nullptr;
  float voice_bias_ = 0;

  GpuTimeline features_;  // [bin][microphone][kFeatures], real
  GpuTimeline x_;         // [band][channel], real
  GpuTimeline masks_;     // [bin][tap, then further microphone], before the tanh
  GpuTimeline voice_;     // one real value a frame
  GpuRing ring_;
  GpuBandScratch scratch_;
  // What features of levels and of microphones remember; no pairs of one microphone.
  float *levels_ = nullptr, *pairs_ = nullptr;
};

}  // namespace limpid::models
