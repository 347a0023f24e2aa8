// SPDX-License-Identifier: MIT
// From spectra to masks: one or two U-Nets in a row. The second takes the first one's output before
// the tanh; the mask is tanh(u1) + tanh(u2), each part on its own (FRCRN, section 3.4). A network
// with `taps` makes that many masks a frame, of which the k-th is for the frame k earlier.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "models/frcrn/unet.h"
#include "models/frcrn/voice_head.h"

namespace limpid::models {

// Immutable weights.
struct MaskNetwork {
  FrcrnConfig config;
  std::vector<Unet> unets;
  std::optional<VoiceHead> voice;  // listens to the first one

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

  // Masks `frame` of those ready, [bins] each; that of tap k begins at re + k * stride.
  void mask(int lane, int frame, std::ptrdiff_t stride, float* re, float* im) LIMPID_REALTIME;
  // Probability of speech in that frame; only of networks that have `voice`.
  float voice(int lane, int frame) const noexcept { return voice_[voice_at(lane, frame)]; }
  void pop(int frames) LIMPID_REALTIME;
  void reset() noexcept;
  std::size_t memory() const noexcept { return arena_.used(); }

 private:
  std::size_t voice_at(int lane, int frame) const noexcept {
    return static_cast<std::size_t>(lane) * voice_capacity_ + static_cast<std::size_t>(frame);
  }
  void listen() LIMPID_REALTIME;

  const MaskNetwork& network_;
  Arena arena_;
  std::vector<UnetState> states_;
  std::vector<nn::Timeline> outputs_;  // of each U-Net, waiting for the last one
  std::span<float> scratch_;
  std::span<float> tanh_;   // one part of one frame of masks, taps side by side
  std::span<float> voice_;  // [lane][voice_capacity_], `heard_` of them waiting for their masks
  std::size_t voice_capacity_ = 0;
  int heard_ = 0;
  int lanes_;
};

}  // namespace limpid::models
