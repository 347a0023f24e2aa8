// SPDX-License-Identifier: MIT
#include "models/frcrn/gpu_whole.h"

#include <algorithm>

namespace limpid::models {

namespace gpu = kernels::cuda;

namespace {

Status check(const FrcrnConfig& config, int recordings, int frames) {
  const char* needs = !config.lookahead ? "a network that looks ahead"
                      : config.pooling == nn::Pooling::running
                          ? "squeeze-excitation that is not running"
                      : config.frequency_order < 1 ? "a recurrence along frequency"
                      : config.taps > 1            ? "masks of one tap"
                      : config.level_horizon > 0   ? "a network without level features"
                                                   : nullptr;
  if (needs != nullptr)
    return Error{ErrorCode::unsupported,
                 std::string("on a GPU, FRCRN over whole recordings needs ") + needs};
  if (std::int64_t{recordings} * frames * config.bins() > INT32_MAX / 2)
    return Error{ErrorCode::unsupported,
                 "on a GPU, FRCRN takes fewer recordings or shorter ones at a time than " +
                     std::to_string(recordings) + " of " + std::to_string(frames) + " frames"};
  return Done{};
}

}  // namespace

Result<std::unique_ptr<GpuFrcrnWhole>> GpuFrcrnWhole::open(gpu::LayerQueue& queue,
                                                           const FrcrnNetwork& network,
                                                           Arithmetic arithmetic, int recordings,
                                                           int max_hops) {
  const FrcrnConfig& config = network.config;
  if (auto done = check(config, recordings, max_hops + config.depth()); !done) return done.error();
  std::unique_ptr<GpuFrcrnWhole> whole(new GpuFrcrnWhole(queue, config, recordings, max_hops));
  if (auto done = whole->load(network, arithmetic); !done) return done.error();
  if (auto done = whole->claim_memory(); !done) return done.error();
  return whole;
}

GpuFrcrnWhole::GpuFrcrnWhole(gpu::LayerQueue& queue, const FrcrnConfig& config, int recordings,
                             int max_hops)
    : queue_(queue),
      config_(config),
      stft_(dsp::stft_at(config.window, config.hop, config.sample_rate)),
      max_hops_(max_hops),
      memory_(queue, recordings, max_hops + config.depth()) {
  for (int i = 0; i < config.unets; ++i) unets_.emplace_back(queue_, config_, no_stream_, 0);
}

Status GpuFrcrnWhole::load(const FrcrnNetwork& network, Arithmetic arithmetic) {
  GpuLoader transforms(queue_);
  GpuFrcrnLoader loader(queue_, arithmetic);
  auto done = transforms_.load(transforms, stft_);
  for (std::size_t i = 0; done && i < unets_.size(); ++i)
    done = unets_[i].load(network.unets[i], loader);
  return done;
}

Status GpuFrcrnWhole::claim_memory() {
  const int bins = stft_.bins();
  const auto marks = static_cast<std::size_t>(2 * config_.depth() + 1 + max_hops_);
  Status done = Done{};
  for (GpuUnet& unet : unets_)
    if (done) done = unet.claim(memory_);
  if (done) done = unets_[0].claim(memory_, scratch_);
  if (done) done = memory_.frames(audio_, stft_.hop);
  if (done) done = memory_.frames(output_, stft_.hop);
  if (done) done = memory_.frames(spectra_, 2 * bins);
  if (done) {
    const auto frames =
        static_cast<std::size_t>(recordings()) * static_cast<std::size_t>(max_hops_ + early());
    auto memory = memory_.scratch(2 * frames * static_cast<std::size_t>(bins));
    if (!memory) return memory.error();
    masked_ = *memory;
  }
  if (!done) return done;
  auto inside = memory_.scratch(marks);
  if (!inside) return inside.error();
  auto host = queue_.claim_host(marks);
  if (!host) return host.error();
  inside_ = *inside;
  host_inside_ = *host;
  return queue_.finish();
}

Status GpuFrcrnWhole::mark(int frames) {
  const int ones = config_.depth() + 1 + frames, all = ones + config_.depth();
  std::fill_n(host_inside_, ones, 1.0f);
  std::fill_n(host_inside_ + ones, config_.depth(), 0.0f);
  return queue_.upload(inside_, all, host_inside_, all, 1);
}

// The first frame is the first whole window.
Status GpuFrcrnWhole::run(int hops) {
  const int frames = hops - early(), bins = stft_.bins();
  const nn::Activation spectra = nn::dense(spectra_, recordings(), frames, 1, bins);
  auto done = mark(frames);
  if (done)
    done = transforms_.analysis.run(queue_, gpu::ProductKind::real_input,
                                    {audio_, {recordings(), frames, 1}, {pitch(), stft_.hop, 0}, 0},
                                    stft_.window, 0, rows_of<float>(spectra));
  if (done) done = make_masks(spectra);
  if (done) done = synthesise(spectra);
  return done;
}

// The U-Nets one after the other; the second hears what the first one made, before the tanh.
Status GpuFrcrnWhole::make_masks(nn::Activation spectra) {
  const int frames = spectra.frames, bins = config_.bins(), lanes = recordings();
  const GpuRecording recording{inside_, frames};
  auto done =
      queue_.compress({frames_of<const float>(spectra), frames_of<float>(unets_[0].input(frames)),
                       lanes, frames, bins, bins, config_.inputs(), 1.0f, config_.compression});
  if (done) done = unets_[0].run(recording, scratch_);
  if (!done || unets_.size() == 1) return done;
  done = queue_.mix({unets_[0].mixed(frames, config_.depth()),
                     frames_of<float>(unets_[1].input(frames)), lanes, frames, bins});
  if (done) done = unets_[1].run(recording, scratch_);
  return done;
}

// A hop of output is the sum of its share of the windows around it, of which there are fewer at
// both ends.
Status GpuFrcrnWhole::synthesise(nn::Activation spectra) const {
  const int frames = spectra.frames, bins = stft_.bins(), lanes = recordings();
  const int hops = frames + early();
  gpu::Mask mask{unets_.back().mixed(frames, config_.depth()), {nullptr, 0, 0, 0}};
  if (unets_.size() > 1) mask.before = frames_of<const float>(unets_[1].input(frames));
  const nn::Activation windows = nn::dense(masked_, lanes, frames + 2 * early(), 1, bins);
  auto done = queue_.clear(masked_, static_cast<std::size_t>(2 * lanes * windows.block_stride));
  if (done)
    done = queue_.mask_filter({mask, frames_of<const float>(spectra),
                               frames_of<float>(windows.slice_frames(early(), frames)), nullptr,
                               0.0f, lanes, frames, bins, bins});
  if (!done) return done;
  return transforms_.synthesis.run(
      queue_, gpu::ProductKind::real_output, rows_of<const float>(windows, hops, 1), bins,
      windows.frame_stride, {output_, {lanes, hops, 1}, {pitch(), stft_.hop, 0}, 0});
}

}  // namespace limpid::models
