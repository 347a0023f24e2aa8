// SPDX-License-Identifier: MIT
// Brings the transforms of a stream to the GPU and claims its memory.
#include <algorithm>
#include <cmath>
#include <numbers>

#include "models/gpu/stream.h"

namespace limpid::models {

Result<std::unique_ptr<GpuStream>> GpuStream::open(kernels::cuda::LayerQueue& queue,
                                                   const MaskTraits& traits,
                                                   const dsp::StftSpec& stft, int lanes,
                                                   int max_frames, const MakeMaker& make) {
  const int bins = std::max(traits.bins, stft.bins());
  if (std::int64_t{lanes} * max_frames * bins > INT32_MAX / 2)
    return Error{ErrorCode::unsupported,
                 "on a GPU, networks run with fewer lanes and frames at a time than " +
                     std::to_string(lanes) + " x " + std::to_string(max_frames)};
  std::unique_ptr<GpuStream> stream(new GpuStream(queue, traits, stft, lanes, max_frames));
  auto maker = make(stream->memory_);
  if (!maker) return maker.error();
  stream->maker_ = *std::move(maker);
  if (auto done = stream->load_transforms(); !done) return done.error();
  if (auto done = stream->claim_memory(); !done) return done.error();
  return stream;
}

GpuStream::GpuStream(kernels::cuda::LayerQueue& queue, const MaskTraits& traits,
                     const dsp::StftSpec& stft, int lanes, int max_frames)
    : queue_(queue),
      traits_(traits),
      stft_(stft),
      memory_(queue, lanes, max_frames),
      overlap_(stft.window / stft.hop) {}

// Both transforms as products with windowed sines, in the conventions of dsp::Analysis and
// dsp::Synthesis.
Status GpuStream::load_transforms() {
  GpuLoader loader(queue_);
  const int window = stft_.window, hop = stft_.hop, bins = stft_.bins();
  const auto shape = dsp::sqrt_hann(window);
  const auto turn = [&](int k, int n) {
    return 2 * std::numbers::pi * static_cast<double>(static_cast<std::int64_t>(k) * n % window) /
           window;
  };
  std::vector<float> re, im;
  for (int n = 0; n < window; ++n)
    for (int k = 0; k < bins; ++k) {
      const double w = shape[static_cast<std::size_t>(n)];
      re.push_back(static_cast<float>(w * std::cos(turn(k, n))));
      im.push_back(static_cast<float>(-w * std::sin(turn(k, n))));
    }
  if (auto done = loader.plain(re, im, window, bins, analysis_); !done) return done;

  re.clear();
  im.clear();
  for (int segment = 0; segment < overlap_; ++segment)  // the oldest window first
    for (int k = 0; k < bins; ++k)
      for (int i = 0; i < hop; ++i) {
        const int n = (overlap_ - 1 - segment) * hop + i;
        const bool alone = k == 0 || 2 * k == window;  // frequencies k and -k are the same
        const double w =
            shape[static_cast<std::size_t>(n)] * (alone ? 1 : 2) / (overlap_ / 2.0 * window);
        re.push_back(static_cast<float>(w * std::cos(turn(k, n))));
        im.push_back(alone ? 0.0f : static_cast<float>(w * std::sin(turn(k, n))));
      }
  return loader.plain(re, im, overlap_ * bins, hop, synthesis_);
}

Status GpuStream::claim_memory() {
  const int bins = stft_.bins();
  auto done = memory_.timeline(audio_, 1, stft_.hop, overlap_ - 1, 0, 1);
  if (done) done = memory_.timeline(spectra_, 1, bins, traits_.taps - 1 + traits_.lookahead);
  if (done) done = memory_.timeline(masked_, 1, bins, overlap_ - 1);
  if (done && extends()) done = memory_.state(gain_state_, 2, 1);
  if (!done) return done;

  const auto frames =
      static_cast<std::size_t>(memory_.lanes()) * static_cast<std::size_t>(memory_.max_frames());
  auto output = memory_.scratch(frames * static_cast<std::size_t>(stft_.hop));
  if (!output) return output.error();
  output_ = *output;
  if (!extends()) return Done{};
  auto gains = memory_.scratch(2 * frames);
  if (!gains) return gains.error();
  gains_ = *gains;
  return Done{};
}

}  // namespace limpid::models
