// SPDX-License-Identifier: MIT
// A network of masks on a GPU, from samples to samples: transform, network, filters, transform back,
// all lanes and frames of a call in each kernel. As MaskSession does it on the CPU.
#pragma once

#include <functional>
#include <memory>

#include "lib/dsp/stft.h"
#include "lib/kernels/cuda/layers.h"
#include "models/gpu/engine.h"
#include "models/gpu/mask_maker.h"
#include "models/gpu/transforms.h"
#include "models/mask_maker.h"

namespace limpid::models {

class GpuMaskEngine final : public GpuEngine {
 public:
  // Brings the network to the GPU; the memory outlives it.
  using MakeMaker = std::function<Result<std::unique_ptr<GpuMaskMaker>>(GpuMemory&)>;

  // unsupported: more lanes and frames than kernels can count, or what `make` does not take. The
  // queue must outlive the engine.
  static Result<std::unique_ptr<GpuMaskEngine>> open(kernels::cuda::LayerQueue& queue,
                                                     const MaskTraits& traits,
                                                     const dsp::StftSpec& stft, int lanes,
                                                     int max_frames, const MakeMaker& make);

  Audio input() const noexcept override {
    return {audio_.data + audio_.history * stft_.hop, std::ptrdiff_t{audio_.capacity} * stft_.hop,
            traits_.microphones};
  }
  Audio output() const noexcept override {
    return {output_, std::ptrdiff_t{memory_.max_frames()} * stft_.hop};
  }
  Audio voice() const noexcept override { return {maker_->voice().data, maker_->voice().capacity}; }
  Status run(int frames) const override;
  Status shift_history(int frames) const override;
  Status restart(int first, int count) const override { return memory_.restart(first, count); }
  std::size_t at_rest() const noexcept override { return memory_.at_rest(); }

 private:
  GpuMaskEngine(kernels::cuda::LayerQueue& queue, const MaskTraits& traits,
                const dsp::StftSpec& stft, int lanes, int max_frames);
  Status claim_memory();

  // From the first frame that is kept.
  kernels::cuda::ArraySpectra spectra(int first, int frames) const noexcept;
  bool extends() const noexcept { return stft_.bins() > traits_.bins; }
  Status analyse(int frames) const;
  Status extend(int frames) const;
  Status filter(int frames) const;
  Status filter_steadily(int frames) const;
  Status synthesise(int frames) const;

  kernels::cuda::LayerQueue& queue_;
  MaskTraits traits_;
  dsp::StftSpec stft_;
  GpuMemory memory_;
  int overlap_;  // columns that a sample of output is made of
  std::unique_ptr<GpuMaskMaker> maker_;

  GpuTransforms transforms_;
  GpuTimeline audio_;                               // [microphone], one row of hop samples a frame
  GpuTimeline spectra_, masked_;                    // [re, im][microphone], [re, im]
  float *gains_ = nullptr, *gain_state_ = nullptr;  // above the band
  float* steady_sums_ = nullptr;
  float* output_ = nullptr;
};

}  // namespace limpid::models
