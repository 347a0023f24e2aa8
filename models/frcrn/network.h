// SPDX-License-Identifier: MIT
// From spectra to masks: one or two U-Nets in a row. The second takes the first one's output before
// the tanh; the mask is tanh(u1) + tanh(u2), each part on its own (FRCRN, section 3.4). A network
// with `taps` makes that many masks a frame, of which the k-th is for the frame k earlier.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "models/frcrn/unet.h"
#include "models/frcrn/voice_head.h"
#include "models/level_features.h"
#include "models/mask_maker.h"

namespace limpid::models {

// Immutable weights.
struct FrcrnNetwork {
  FrcrnConfig config;
  std::vector<Unet> unets;
  std::optional<VoiceHead> voice;  // listens to the first one

  // Reads everything the configuration calls for. bad_format.
  static Result<FrcrnNetwork> load(io::Weights& weights, const FrcrnConfig& config);
};

// The state of `lanes` streams. Masks are late by lookahead_frames().
class FrcrnState final : public MaskMaker {
 public:
  FrcrnState(std::shared_ptr<const FrcrnNetwork> network, int lanes, int max_frames);

  void begin(int frames) LIMPID_REALTIME override { input_ = states_[0].input().append(frames); }
  void analyse(int lane, int frame, const std::complex<float>* column, std::ptrdiff_t, int band,
               float scale) LIMPID_REALTIME override;
  int run() LIMPID_REALTIME override;
  void mask(int lane, int frame, std::ptrdiff_t stride, float* re,
            float* im) LIMPID_REALTIME override;
  float voice(int lane, int frame) const LIMPID_REALTIME override {
    return voice_[voice_at(lane, frame)];
  }
  void pop(int frames) LIMPID_REALTIME override;
  void reset() LIMPID_REALTIME override;
  void restart(int lane) LIMPID_REALTIME override;
  std::size_t memory() const noexcept override { return arena_.used(); }

 private:
  std::size_t voice_at(int lane, int frame) const noexcept {
    return static_cast<std::size_t>(lane) * voice_capacity_ + static_cast<std::size_t>(frame);
  }
  void detect_voice() LIMPID_REALTIME;

  std::shared_ptr<const FrcrnNetwork> network_;
  Arena arena_;
  LevelFeatures levels_;
  std::vector<UnetState> states_;
  nn::Activation input_;               // of the frames that begin() announced
  std::vector<nn::Timeline> outputs_;  // of each U-Net, waiting for the last one
  std::span<float> scratch_;
  std::span<float> column_;  // compressed: real parts, then imaginary ones
  std::span<float> tanh_;    // one part of one frame of masks, taps side by side
  std::span<float> voice_;   // [lane][voice_capacity_], the first waiting_voice_ without masks yet
  std::size_t voice_capacity_ = 0;
  int waiting_voice_ = 0;
  int lanes_;
};

}  // namespace limpid::models
