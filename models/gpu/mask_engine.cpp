// SPDX-License-Identifier: MIT
// One call on the GPU. Loading is in mask_engine_load.cpp.
#include "models/gpu/mask_engine.h"

#include <algorithm>

#include "models/band_extension.h"
#include "models/steady.h"

namespace limpid::models {

namespace gpu = kernels::cuda;

Status GpuMaskEngine::run(int frames) const {
  if (auto done = analyse(frames); !done) return done;
  const int band = std::min(stft_.bins(), traits_.bins);
  const float scale = static_cast<float>(traits_.bins - 1) / static_cast<float>(stft_.bins() - 1);
  auto done = maker_->run({spectra(spectra_.history, frames), band, scale}, frames);
  if (done && extends()) done = extend(frames);
  if (done) done = filter(frames);
  if (done && steady_sums_ != nullptr) done = filter_steadily(frames);
  if (done) done = synthesise(frames);
  return done;
}

Status GpuMaskEngine::shift_history(int frames) const {
  if (auto done = maker_->shift_history(frames); !done) return done;
  return memory_.shift_history(frames);
}

gpu::ArraySpectra GpuMaskEngine::spectra(int first, int frames) const noexcept {
  const nn::Activation x = spectra_.frames(first, frames);
  const std::int64_t of_one = x.lanes * x.block_stride;
  return {{x.data, x.block_stride, x.frame_stride, traits_.microphones * of_one},
          of_one,
          traits_.microphones};
}

// A frame's window ends with its own hop: it begins with the hops that are kept for it.
Status GpuMaskEngine::analyse(int frames) const {
  const std::int32_t rows = traits_.microphones * audio_.lanes;
  const nn::Activation x = spectra_.fresh(frames);
  const gpu::ComplexRows<const float> windows{
      audio_.data, {rows, frames, 1}, {input().pitch, stft_.hop, 0}, 0};
  return transforms_.analysis.run(
      queue_, gpu::ProductKind::real_input, windows, stft_.size(), 0,
      {x.data, {rows, frames, 1}, {x.block_stride, x.frame_stride, 0}, rows * x.block_stride});
}

// What BandExtension does.
Status GpuMaskEngine::extend(int frames) const {
  const int lanes = memory_.lanes(), band = traits_.bins;
  auto done = queue_.top_gains({maker_->mask(frames), spectra(traits_.history(), frames).x, gains_,
                                BandExtension::kSilence, lanes, frames, BandExtension::edge(band),
                                BandExtension::top(band), band});
  if (!done) return done;
  return queue_.smooth_gains({gains_, gain_state_, maker_->alive(),
                              1.0f - BandExtension::decay(traits_.hop), lanes, frames});
}

// Spectra wait for masks that look ahead.
Status GpuMaskEngine::filter(int frames) const {
  const int bins = stft_.bins(), band = traits_.bins, lanes = memory_.lanes();
  const gpu::ArraySpectra input = spectra(traits_.history(), frames);
  return queue_.mask_filter({maker_->mask(frames), input.x, frames_of<float>(masked_.fresh(frames)),
                             gains_, BandExtension::blend(band), lanes, frames, bins, band,
                             input.microphone});
}

// What SteadyFilters does.
Status GpuMaskEngine::filter_steadily(int frames) const {
  return queue_.steady_filter({spectra(traits_.history(), frames),
                               frames_of<float>(masked_.fresh(frames)), steady_sums_,
                               SteadyFilters::rule(traits_), memory_.lanes(), frames,
                               std::min(stft_.bins(), traits_.bins), traits_.steady_frames});
}

// A hop of output is the sum of its share of the latest `overlap` windows.
Status GpuMaskEngine::synthesise(int frames) const {
  const nn::Activation windows = masked_.frames(0, frames + masked_.history);
  const gpu::ComplexRows<float> hops{
      output_, {memory_.lanes(), frames, 1}, {output().pitch, stft_.hop, 0}, 0};
  return transforms_.synthesis.run(queue_, gpu::ProductKind::real_output,
                                   rows_of<const float>(windows, frames, 1), stft_.bins(),
                                   windows.frame_stride, hops);
}

}  // namespace limpid::models
