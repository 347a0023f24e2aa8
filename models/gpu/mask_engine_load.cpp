// SPDX-License-Identifier: MIT
// Brings the transforms of an engine to the GPU and claims its memory.
#include <algorithm>

#include "lib/kernels/steady_filter.h"
#include "models/gpu/mask_engine.h"

namespace limpid::models {

Result<std::unique_ptr<GpuMaskEngine>> GpuMaskEngine::open(kernels::cuda::LayerQueue& queue,
                                                           const MaskTraits& traits,
                                                           const dsp::StftSpec& stft, int lanes,
                                                           int max_frames, const MakeMaker& make) {
  const int bins = std::max(traits.bins, stft.bins());
  if (std::int64_t{lanes} * traits.microphones * max_frames * bins > INT32_MAX / 2)
    return Error{ErrorCode::unsupported,
                 "on a GPU, networks run with fewer lanes and frames at a time than " +
                     std::to_string(lanes) + " x " + std::to_string(max_frames)};
  std::unique_ptr<GpuMaskEngine> engine(new GpuMaskEngine(queue, traits, stft, lanes, max_frames));
  auto maker = make(engine->memory_);
  if (!maker) return maker.error();
  engine->maker_ = *std::move(maker);
  GpuLoader loader(queue);
  if (auto done = engine->transforms_.load(loader, stft); !done) return done.error();
  if (auto done = engine->claim_memory(); !done) return done.error();
  return engine;
}

GpuMaskEngine::GpuMaskEngine(kernels::cuda::LayerQueue& queue, const MaskTraits& traits,
                             const dsp::StftSpec& stft, int lanes, int max_frames)
    : queue_(queue),
      traits_(traits),
      stft_(stft),
      memory_(queue, lanes, max_frames),
      overlap_(stft.window / stft.hop) {}

Status GpuMaskEngine::claim_memory() {
  const int bins = stft_.bins();
  const int microphones = traits_.microphones;
  const int before = stft_.size() / stft_.hop - 1;
  auto done = memory_.timeline(audio_, 1, stft_.hop, before, 0, microphones);
  if (done)
    done = memory_.timeline(spectra_, 1, bins, traits_.history() + traits_.lookahead, 0,
                            2 * microphones);
  if (done) done = memory_.timeline(masked_, 1, bins, overlap_ - 1);
  if (done) done = memory_.frames(output_, stft_.hop);
  if (done && extends()) done = memory_.state(gain_state_, 2, 1);
  if (done && extends()) done = memory_.frames(gains_, 2);
  if (done && traits_.steady_frames > 0)
    done = memory_.state(steady_sums_,
                         static_cast<int>(kernels::steady_floats(
                             traits_.steady_frames * microphones, std::min(bins, traits_.bins))),
                         1);
  return done;
}

}  // namespace limpid::models
