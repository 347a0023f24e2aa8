// SPDX-License-Identifier: MIT
#include "models/frcrn/network.h"

#include <algorithm>

#include "lib/kernels/elementwise.h"
#include "models/tensor_reader.h"

namespace limpid::models {

Result<FrcrnNetwork> FrcrnNetwork::load(io::Weights& weights, const FrcrnConfig& config) {
  return read_tensors(weights, [&](TensorReader& reader) {
    FrcrnNetwork network{config, {}, {}};
    const int gates = 2 * config.depth() - 3;  // of one U-Net
    std::vector<float> frozen;
    if (config.pooling == nn::Pooling::frozen)
      frozen = reader.take("frozen_gains", {config.unets * gates, 2, config.channels[0]});
    const std::size_t share = frozen.size() / static_cast<std::size_t>(config.unets);
    for (int i = 0; i < config.unets; ++i)
      network.unets.push_back(
          Unet::load(weights, i == 0 ? "unet" : "unet2", config,
                     std::span(frozen).subspan(static_cast<std::size_t>(i) * share, share)));
    if (config.voice)
      network.voice = TensorReader::taken(VoiceHead::load(weights, config.channels.back()));
    return network;
  });
}

FrcrnState::FrcrnState(std::shared_ptr<const FrcrnNetwork> network, int lanes, int max_frames)
    : network_(std::move(network)), lanes_(lanes) {
  const FrcrnConfig& config = network_->config;
  const auto bins = static_cast<std::size_t>(config.bins());
  column_ = arena_.claim<float>(2 * bins);
  const bool hears_levels = config.level_horizon > 0;
  levels_ = LevelFeatures(arena_, lanes, hears_levels ? config.bins() : 0, config.level_horizon);
  std::size_t scratch = 0;
  for (const Unet& unet : network_->unets) {
    states_.emplace_back(unet, arena_, lanes, max_frames, false);
    const int wait = config.lookahead ? config.depth() : 0;  // for the U-Net that follows
    outputs_.emplace_back(arena_, lanes, max_frames + wait, config.bins(), config.taps, 0);
    scratch = std::max(scratch, unet.scratch(lanes));
  }
  scratch_ = arena_.claim<float>(scratch);
  tanh_ = arena_.claim<float>(bins * static_cast<std::size_t>(config.taps));
  if (!network_->voice) return;
  voice_capacity_ = static_cast<std::size_t>(max_frames + config.lookahead_frames());
  voice_ = arena_.claim<float>(static_cast<std::size_t>(lanes) * voice_capacity_);
}

void FrcrnState::analyse(int lane, int frame, const std::complex<float>* column, std::ptrdiff_t,
                         int band, float scale) LIMPID_REALTIME {
  const FrcrnConfig& config = network_->config;
  float* re = input_.at(lane, frame, 0);
  float* im = input_.at(lanes_ + lane, frame, 0);
  float* flat_re = column_.data();
  float* flat_im = flat_re + input_.rows;
  kernels::compress(column, band, scale, config.compression, flat_re, flat_im);
  std::fill(flat_re + band, flat_re + input_.rows, 0.0f);
  std::fill(flat_im + band, flat_im + input_.rows, 0.0f);
  for (int bin = 0; bin < input_.rows; ++bin) {
    re[bin * input_.row_stride] = flat_re[bin];
    im[bin * input_.row_stride] = flat_im[bin];
  }
  if (config.level_horizon > 0)
    levels_.run(lane, column, band, scale, re + 1, im + 1, input_.row_stride);
}

int FrcrnState::run() LIMPID_REALTIME {
  int ready = network_->unets[0].run(states_[0], outputs_[0], false, scratch_);
  if (network_->voice) detect_voice();
  for (std::size_t i = 1; i < states_.size(); ++i) {
    const nn::Timeline& before = outputs_[i - 1];
    const nn::ConstActivation fresh = before.frames(before.size() - ready, ready);
    const nn::Activation input = states_[i].input().append(ready);
    for (int block = 0; block < 2 * lanes_; ++block)
      for (int frame = 0; frame < ready; ++frame)
        std::copy_n(fresh.at(block, frame, 0), fresh.rows, input.at(block, frame, 0));
    ready = network_->unets[i].run(states_[i], outputs_[i], false, scratch_);
  }
  return ready;
}

// The bottleneck sees no frame ahead, so there may be probabilities before there are masks.
void FrcrnState::detect_voice() LIMPID_REALTIME {
  const nn::ConstActivation features = states_[0].bottleneck();
  for (int lane = 0; lane < lanes_; ++lane)
    network_->voice->run(features, lane, voice_.data() + voice_at(lane, waiting_voice_));
  waiting_voice_ += features.frames;
}

void FrcrnState::mask(int lane, int frame, std::ptrdiff_t stride, float* re,
                      float* im) LIMPID_REALTIME {
  const int bins = network_->config.bins(), taps = network_->config.taps;
  for (float* part : {re, im}) {
    const int block = part == re ? lane : lanes_ + lane;
    std::ranges::fill(tanh_, 0.0f);
    for (const nn::Timeline& output : outputs_)
      kernels::add_tanh(output.frames(frame, 1).at(block, 0, 0), bins * taps, tanh_.data());
    for (int k = 0; k < taps; ++k)
      for (int bin = 0; bin < bins; ++bin)
        part[k * stride + bin] = tanh_[static_cast<std::size_t>(bin * taps + k)];
  }
}

void FrcrnState::pop(int frames) LIMPID_REALTIME {
  for (nn::Timeline& output : outputs_) output.drop_front(frames);
  if (!network_->voice) return;
  for (int lane = 0; lane < lanes_; ++lane) {
    float* waiting = voice_.data() + voice_at(lane, 0);
    std::copy(waiting + frames, waiting + waiting_voice_, waiting);
  }
  waiting_voice_ -= frames;
}

void FrcrnState::reset() LIMPID_REALTIME {
  for (int lane = 0; lane < lanes_; ++lane) levels_.restart(lane);
  for (UnetState& state : states_) state.reset();
  for (nn::Timeline& output : outputs_) output.reset();
  waiting_voice_ = 0;
}

// No masks wait: those of every run have been popped.
void FrcrnState::restart(int lane) LIMPID_REALTIME {
  levels_.restart(lane);
  for (UnetState& state : states_) state.restart(lane);
}

}  // namespace limpid::models
