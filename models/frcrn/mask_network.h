// SPDX-License-Identifier: MIT
// From spectra to masks: one or two U-Nets in a row. The second takes the first one's output before
// the tanh; the mask is tanh(u1) + tanh(u2), each part on its own (FRCRN, section 3.4).
#pragma once

#include <span>
#include <vector>

#include "models/frcrn/unet.h"

namespace limpid::models {

// Immutable weights.
struct MaskNetwork {
  FrcrnConfig config;
  std::vector<Unet> unets;

  // Reads everything the configuration calls for. bad_format.
  static Result<MaskNetwork> load(io::Weights& weights, const FrcrnConfig& config);
};

// The state of `lanes` streams. Frames go in at input(), masks come out in order, late by
// lookahead_frames() when streaming.
class MaskState {
 public:
  MaskState(const MaskNetwork& network, int lanes, int max_frames);

  // Room for the network's input: [bins] rows, one channel. At most max_frames between runs.
  nn::Activation append(int frames) noexcept { return states_[0].input().append(frames); }

  // Runs what was appended; returns how many masks are ready.
  int run() LIMPID_REALTIME;

  // Mask `frame` of those ready, [bins] each.
  void mask(int lane, int frame, float* re, float* im) const LIMPID_REALTIME;
  void pop(int frames) LIMPID_REALTIME;
  void reset() noexcept;
  std::size_t memory() const noexcept { return arena_.used(); }

 private:
  const MaskNetwork& network_;
  Arena arena_;
  std::vector<UnetState> states_;
  std::vector<nn::Timeline> outputs_;  // of each U-Net, waiting for the last one
  std::span<float> scratch_;
  int lanes_;
};

}  // namespace limpid::models
