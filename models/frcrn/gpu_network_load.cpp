// SPDX-License-Identifier: MIT
// Brings the weights of a network to the GPU and claims its memory.
#include <algorithm>
#include <cmath>
#include <numbers>

#include "models/frcrn/gpu_network.h"

namespace limpid::models {
namespace {

Status unsupported(const std::string& what) {
  return Error{ErrorCode::unsupported, "on a GPU, FRCRN runs " + what};
}

Status check(const FrcrnConfig& config, const dsp::StftSpec& stft, int lanes, int max_frames) {
  if (config.pooling == nn::Pooling::global)
    return unsupported("in streams; this network averages over whole recordings");
  if (config.frequency_order < 1)
    return unsupported("with a recurrence along frequency; this network has none");
  const int bins = std::max(config.bins(), stft.bins());
  if (std::int64_t{lanes} * max_frames * bins > INT32_MAX / 2)
    return unsupported("fewer lanes and frames at a time than " + std::to_string(lanes) + " x " +
                       std::to_string(max_frames));
  return Done{};
}

}  // namespace

Result<std::unique_ptr<GpuNetwork>> GpuNetwork::open(kernels::cuda::LayerQueue& queue,
                                                     const MaskNetwork& network,
                                                     const dsp::StftSpec& stft, int lanes,
                                                     int max_frames) {
  if (auto done = check(network.config, stft, lanes, max_frames); !done) return done.error();
  std::unique_ptr<GpuNetwork> gpu(new GpuNetwork(queue, network.config, stft, lanes, max_frames));
  if (auto done = gpu->load(network); !done) return done.error();
  if (auto done = gpu->claim_memory(); !done) return done.error();
  return gpu;
}

GpuNetwork::GpuNetwork(kernels::cuda::LayerQueue& queue, const FrcrnConfig& config,
                       const dsp::StftSpec& stft, int lanes, int max_frames)
    : queue_(queue),
      config_(config),
      stft_(stft),
      memory_(queue, lanes, max_frames),
      overlap_(stft.window / stft.hop) {
  for (int i = 0; i < config.unets; ++i)
    unets_.emplace_back(queue, config_, alive_, config.lookahead ? i * config.depth() : 0);
}

Status GpuNetwork::load(const MaskNetwork& network) {
  GpuLoader loader(queue_);
  for (std::size_t i = 0; i < unets_.size(); ++i)
    if (auto done = unets_[i].load(network.unets[i], loader); !done) return done;
  if (auto done = load_transforms(loader); !done) return done;
  if (!network.voice) return Done{};
  auto weight = loader.upload(network.voice->weight());
  if (!weight) return weight.error();
  voice_weight_ = *weight;
  voice_bias_ = network.voice->bias();
  return Done{};
}

// Both transforms as products with windowed sines, in the conventions of dsp::Analysis and
// dsp::Synthesis.
Status GpuNetwork::load_transforms(GpuLoader& loader) {
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

Status GpuNetwork::claim_memory() {
  const int bins = stft_.bins(), late = config_.lookahead_frames();
  auto done = memory_.timeline(audio_, 1, stft_.hop, overlap_ - 1, 0, 1);
  if (done) done = memory_.timeline(spectra_, 1, bins, config_.taps - 1 + late);
  if (done) done = memory_.timeline(masked_, 1, bins, overlap_ - 1);
  if (done && voice_weight_ != nullptr) done = memory_.timeline(voice_, 1, 1, late, 0, 1);
  if (done && config_.lookahead) done = claim_alive();
  if (done && config_.level_horizon > 0) done = memory_.state(levels_, 2 * config_.bins(), 1);
  for (std::size_t i = 0; done && i < unets_.size(); ++i) done = unets_[i].claim(memory_);
  if (done) done = GpuUnet::claim(config_, memory_, scratch_);
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

// Every frame that will come is one of the stream's; those before the first are not.
Status GpuNetwork::claim_alive() {
  const int lanes = memory_.lanes(), frames = memory_.max_frames();
  auto done = memory_.timeline(alive_, 1, 1, config_.lookahead_frames(), 0, 1);
  if (!done) return done;
  const std::vector<float> ones(static_cast<std::size_t>(lanes) * static_cast<std::size_t>(frames),
                                1.0f);
  done = queue_.upload(alive_.data + alive_.history, alive_.capacity, ones.data(), frames, lanes);
  if (done) done = queue_.finish();  // before `ones` are gone
  return done;
}

}  // namespace limpid::models
