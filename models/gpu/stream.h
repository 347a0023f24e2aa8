// SPDX-License-Identifier: MIT
// A network of masks on a GPU, from samples to samples: transform, network, filter, transform back,
// all lanes and frames of a call in each kernel. As MaskSession does it on the CPU.
#pragma once

#include <functional>
#include <memory>

#include "lib/dsp/stft.h"
#include "lib/kernels/cuda/layers.h"
#include "models/gpu/layers.h"
#include "models/gpu/mask_maker.h"
#include "models/mask_maker.h"

namespace limpid::models {

class GpuStream {
 public:
  // Brings the network to the GPU; the memory outlives it.
  using MakeMaker = std::function<Result<std::unique_ptr<GpuMaskMaker>>(GpuMemory&)>;

  // unsupported: more lanes and frames than kernels can count, or what `make` does not take. The
  // queue must outlive the stream.
  static Result<std::unique_ptr<GpuStream>> open(kernels::cuda::LayerQueue& queue,
                                                 const MaskTraits& traits,
                                                 const dsp::StftSpec& stft, int lanes,
                                                 int max_frames, const MakeMaker& make);

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
  const float* voice() const noexcept { return maker_->voice().data; }
  std::ptrdiff_t voice_pitch() const noexcept { return maker_->voice().capacity; }

  // Enqueues a call of 1 .. max_frames frames, and, when its results have been fetched, what
  // prepares the next one.
  Status run(int frames) const;
  Status keep(int frames) const;
  Status reset() const { return memory_.restart(0, memory_.lanes()); }
  Status restart(int lane) const { return memory_.restart(lane, 1); }

 private:
  GpuStream(kernels::cuda::LayerQueue& queue, const MaskTraits& traits, const dsp::StftSpec& stft,
            int lanes, int max_frames);
  Status load_transforms();
  Status claim_memory();

  bool extends() const noexcept { return stft_.bins() > traits_.bins; }
  Status analyse(int frames) const;
  Status extend(int frames) const;
  Status filter(int frames) const;

  kernels::cuda::LayerQueue& queue_;
  MaskTraits traits_;
  dsp::StftSpec stft_;
  GpuMemory memory_;
  int overlap_;  // windows that share a sample
  std::unique_ptr<GpuMaskMaker> maker_;

  GpuProduct analysis_, synthesis_;
  GpuTimeline audio_, spectra_, masked_;            // audio: one row of hop samples a frame, real
  float *gains_ = nullptr, *gain_state_ = nullptr;  // above the band
  float* output_ = nullptr;
};

}  // namespace limpid::models
