// SPDX-License-Identifier: MIT
// FRCRN's masks on a GPU. Every kind that streams and has a recurrence along frequency.
#pragma once

#include <memory>
#include <vector>

#include "models/frcrn/gpu_unet.h"
#include "models/frcrn/network.h"
#include "models/gpu/mask_maker.h"

namespace limpid::models {

class GpuFrcrn final : public GpuMaskMaker {
 public:
  // unsupported: another kind of FRCRN.
  static Result<std::unique_ptr<GpuMaskMaker>> open(const FrcrnNetwork& network, GpuMemory& memory,
                                                    Arithmetic arithmetic);

  Status run(const GpuSpectra& input, int frames) const override;
  kernels::cuda::Mask mask(int frames) const override;
  kernels::cuda::Alive alive() const override {
    return GpuUnet::alive(alive_, config_.lookahead_frames());
  }
  const GpuTimeline& voice() const override { return voice_; }

 private:
  GpuFrcrn(const FrcrnConfig& config, GpuMemory& memory);
  Status load(const FrcrnNetwork& network, Arithmetic arithmetic);
  Status claim();
  Status claim_alive();

  Status analyse(const GpuSpectra& input, int frames) const;
  Status refine(int frames) const;
  Status detect_voice(int frames) const;

  kernels::cuda::LayerQueue& queue_;
  GpuMemory& memory_;
  FrcrnConfig config_;
  std::vector<GpuUnet> unets_;
  const float* voice_weight_ = nullptr;
  float voice_bias_ = 0;
  GpuTimeline alive_, voice_;  // one real value a frame
  GpuScratch scratch_;
  float* levels_ = nullptr;  // what the level features remember; null where the network has none
};

}  // namespace limpid::models
