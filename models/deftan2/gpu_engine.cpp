// SPDX-License-Identifier: MIT
#include "models/deftan2/gpu_engine.h"

#include "models/deftan2/session.h"

namespace limpid::models {

namespace gpu = kernels::cuda;

Result<std::unique_ptr<GpuEngine>> GpuDeftan2::open(gpu::LayerQueue& queue,
                                                    const Deftan2Network& network,
                                                    Arithmetic arithmetic, int lanes,
                                                    int max_frames) {
  if (std::int64_t{lanes} * max_frames * network.config.bins() > INT32_MAX / 2)
    return Error{ErrorCode::unsupported,
                 "on a GPU, DeFTAN-II runs with fewer lanes and frames at a time than " +
                     std::to_string(lanes) + " x " + std::to_string(max_frames)};
  std::unique_ptr<GpuDeftan2> engine(new GpuDeftan2(queue, network.config, lanes, max_frames));
  const auto windows =
      dsp::stft_windows({network.config.window_samples(), network.config.hop_samples()});
  if (auto done = engine->layers_.load(queue, network, arithmetic, windows); !done)
    return done.error();
  if (auto done = engine->claim_memory(); !done) return done.error();
  return std::unique_ptr<GpuEngine>(std::move(engine));
}

GpuDeftan2::GpuDeftan2(gpu::LayerQueue& queue, const Deftan2Config& config, int lanes,
                       int max_frames)
    : queue_(queue),
      config_(config),
      memory_(queue, lanes, max_frames),
      layers_(queue, config_, GpuReach::stream) {}

Status GpuDeftan2::claim_memory() {
  const int bins = config_.bins(), hop = config_.hop_samples();
  auto done = memory_.timeline(audio_, 1, hop, 1, 0, config_.microphones);
  if (done) done = layers_.encoder.claim(memory_, bins);
  for (GpuBlockHalf& half : layers_.halves)
    if (done) done = half.claim(memory_);
  if (done) done = layers_.decoder.claim(memory_, bins);
  if (done) done = memory_.timeline(filtered_, 1, bins, 1);
  if (done) done = memory_.state(level_state_, 2, 1);
  if (done) done = scratch_.claim(config_, memory_);
  if (done) done = memory_.frames(spectra_, 2 * config_.microphones * bins);
  if (done) done = memory_.frames(levels_, 1);
  if (done) done = memory_.frames(planes_, config_.outputs() * bins);
  if (done) done = memory_.frames(output_, hop);
  return done;
}

GpuEngine::Audio GpuDeftan2::input() const noexcept {
  const std::ptrdiff_t hop = config_.hop_samples();
  return {audio_.data + hop, audio_.capacity * hop, config_.microphones};
}

GpuEngine::Audio GpuDeftan2::output() const noexcept {
  return {output_, std::ptrdiff_t{memory_.max_frames()} * config_.hop_samples()};
}

gpu::ArraySpectra GpuDeftan2::spectra(int frames) const noexcept {
  const std::int64_t bins = config_.bins(), of_one = memory_.lanes() * frames * bins;
  return {
      {spectra_, frames * bins, bins, config_.microphones * of_one}, of_one, config_.microphones};
}

Status GpuDeftan2::run(int frames) const {
  const nn::Activation x =
      layers_.decoder.input(frames);  // the feature map lies where it is read last
  const nn::Activation planes =
      nn::dense(planes_, x.lanes, frames, config_.bins(), config_.outputs());
  auto done = analyse(frames);
  if (done) done = layers_.encoder.run(x);
  for (const GpuBlockHalf& half : layers_.halves)
    if (done) done = half.run(x, scratch_);
  if (done) done = layers_.decoder.run(planes);
  if (done) done = filter(frames, planes);
  return done;
}

// Spectra of all microphones, and what the network is shown of them.
Status GpuDeftan2::analyse(int frames) const {
  const int bins = config_.bins(), hop = config_.hop_samples(), lanes = memory_.lanes();
  const gpu::ArraySpectra spectra = this->spectra(frames);
  const std::int32_t rows = config_.microphones * lanes;
  auto done = layers_.transforms.analysis.run(
      queue_, gpu::ProductKind::real_input,
      {audio_.data, {rows, frames, 1}, {input().pitch, hop, 0}, 0}, 2 * hop, 0,
      {spectra_, {rows, frames, 1}, {spectra.x.lane, spectra.x.frame, 0}, spectra.x.imaginary});
  if (done)
    done = queue_.array_level({spectra, levels_, reinterpret_cast<gpu::Complex*>(level_state_),
                               lanes, frames, bins, config_.level_horizon, kQuietest});
  if (done)
    done =
        queue_.array_planes({spectra, levels_, frames_of<float>(layers_.encoder.input(frames)),
                             lanes, frames, bins, config_.compression != 1.0f, config_.relative});
  return done;
}

// A hop of output is the sum of its share of the latest two windows.
Status GpuDeftan2::filter(int frames, nn::Activation planes) const {
  const int bins = config_.bins(), hop = config_.hop_samples(), lanes = memory_.lanes();
  auto done = queue_.array_filter({spectra(frames), levels_, frames_of<const float>(planes),
                                   frames_of<float>(filtered_.fresh(frames)), lanes, frames, bins,
                                   config_.filter});
  if (!done) return done;
  const nn::Activation windows = filtered_.frames(0, frames + 1);
  return layers_.transforms.synthesis.run(
      queue_, gpu::ProductKind::real_output, rows_of<const float>(windows, frames, 1), bins,
      windows.frame_stride, {output_, {lanes, frames, 1}, {output().pitch, hop, 0}, 0});
}

}  // namespace limpid::models
