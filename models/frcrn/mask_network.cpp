// SPDX-License-Identifier: MIT
#include "models/frcrn/mask_network.h"

#include <algorithm>

#include "lib/kernels/elementwise.h"

namespace limpid::models {

Result<MaskNetwork> MaskNetwork::load(io::Weights& weights, const FrcrnConfig& config) {
  MaskNetwork network{config, {}};
  const int gates = 2 * config.depth() - 3;  // of one U-Net
  std::span<const float> frozen;
  if (config.pooling == nn::Pooling::frozen) {
    auto gains = weights.find("frozen_gains", {config.unets * gates, 2, config.channels[0]});
    if (!gains) return gains.error();
    frozen = *gains;
  }
  for (int i = 0; i < config.unets; ++i) {
    const std::size_t share = frozen.size() / static_cast<std::size_t>(config.unets);
    auto unet = Unet::load(weights, i == 0 ? "unet" : "unet2", config,
                           frozen.subspan(static_cast<std::size_t>(i) * share, share));
    if (!unet) return unet.error();
    network.unets.push_back(*std::move(unet));
  }
  if (auto done = weights.all_used(); !done) return done.error();
  return network;
}

MaskState::MaskState(const MaskNetwork& network, int lanes, int max_frames)
    : network_(network), lanes_(lanes) {
  const FrcrnConfig& config = network.config;
  std::size_t scratch = 0;
  for (const Unet& unet : network.unets) {
    states_.emplace_back(unet, arena_, lanes, max_frames, false);
    const int wait = config.lookahead ? config.depth() : 0;  // for the U-Net that follows
    outputs_.emplace_back(arena_, lanes, max_frames + wait, config.bins(), 1, 0);
    scratch = std::max(scratch, unet.scratch(lanes));
  }
  scratch_ = arena_.claim<float>(scratch);
}

int MaskState::run() LIMPID_REALTIME {
  int ready = network_.unets[0].run(states_[0], outputs_[0], false, scratch_);
  for (std::size_t i = 1; i < states_.size(); ++i) {
    const nn::Timeline& before = outputs_[i - 1];
    const nn::ConstActivation fresh = before.frames(before.size() - ready, ready);
    const nn::Activation input = states_[i].input().append(ready);
    for (int block = 0; block < 2 * lanes_; ++block)
      for (int frame = 0; frame < ready; ++frame)
        std::copy_n(fresh.at(block, frame, 0), fresh.rows, input.at(block, frame, 0));
    ready = network_.unets[i].run(states_[i], outputs_[i], false, scratch_);
  }
  return ready;
}

void MaskState::mask(int lane, int frame, float* re, float* im) const LIMPID_REALTIME {
  const int bins = network_.config.bins();
  std::fill_n(re, bins, 0.0f);
  std::fill_n(im, bins, 0.0f);
  for (const nn::Timeline& output : outputs_) {
    const nn::ConstActivation u = output.frames(frame, 1);
    kernels::add_tanh(u.at(lane, 0, 0), bins, re);
    kernels::add_tanh(u.at(lanes_ + lane, 0, 0), bins, im);
  }
}

void MaskState::pop(int frames) LIMPID_REALTIME {
  for (nn::Timeline& output : outputs_) output.drop_front(frames);
}

void MaskState::reset() noexcept {
  for (UnetState& state : states_) state.reset();
  for (nn::Timeline& output : outputs_) output.reset();
}

}  // namespace limpid::models
