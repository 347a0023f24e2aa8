// SPDX-License-Identifier: MIT
// FrcrnConfig: the hyper-parameters of one FRCRN, as stored in the weight file's "config" JSON.
// The published 16 kHz network and the causal family are both points of this space.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/base/realtime.h"
#include "lib/nn/complex_conv.h"
#include "lib/nn/squeeze_excitation.h"
#include "limpid/result.h"
#include "models/mask_maker.h"

namespace limpid::models {

inline constexpr int kMaxTaps = 8;

struct FrcrnConfig {
  int sample_rate = 16000;           // Hz; the network sees bins 0 .. sample_rate / 2
  double window = 0.02, hop = 0.01;  // seconds
  bool any_rate = true;              // false: runs at sample_rate only
  float compression = 1.0f;          // exponent of |X| at the network's input: 1 or 0.5
  int level_horizon = 0;             // frames of LevelFeatures, a second input channel; 0: none
  int unets = 1;                     // 1 or 2; the second refines the mask of the first
  std::vector<int> channels;         // complex channels of each encoder
  std::vector<int> kernels;          // along frequency, of each encoder
  std::vector<int> decoder_kernels;  // of each decoder; they undo the encoders' sizes
  int frequency_order = 20;          // taps of the recurrence along frequency; 0: none
  int time_order = 20;               // taps of the recurrence along time; 0: none
  int time_layers = 2;
  nn::Pooling pooling = nn::Pooling::none;
  int reduction = 8;          // of the squeeze-excitation bottleneck
  int pooling_horizon = 100;  // frames; Pooling::running
  bool lookahead = false;     // true: every decoder sees one frame ahead (published)
  int taps = 1;               // frames that one output frame is filtered from, see MaskSession
  bool voice = false;         // whether there is a voice-activity output, see VoiceHead

  int depth() const noexcept { return static_cast<int>(channels.size()); }
  int bins() const LIMPID_REALTIME;                                  // frequencies at sample_rate
  int inputs() const noexcept { return level_horizon > 0 ? 2 : 1; }  // channels of the first layer
  int lookahead_frames() const noexcept { return lookahead ? depth() * unets : 0; }

  MaskTraits traits() const noexcept;
  // Frames before the present one that masks depend on: of two taps in every encoder and decoder,
  // of the recurrence along time, and of LevelFeatures. -1: gains come from means of means of
  // everything so far.
  int past() const noexcept;

  nn::ConvShape encoder(int level) const LIMPID_REALTIME;  // shapes of the convolutions
  nn::ConvShape decoder(int stage) const LIMPID_REALTIME;  // stage 0 is the deepest

  // Real multiply-accumulates per second of audio; without transforms, gates, and one-tap masks.
  double macs_per_second() const;
};

// bad_format: not JSON, a key missing or of the wrong type, sizes that do not fit each other.
Result<FrcrnConfig> parse_frcrn_config(std::string_view json, const std::string& origin);

}  // namespace limpid::models
