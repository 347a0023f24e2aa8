// SPDX-License-Identifier: MIT
// Deftan2Config: the hyper-parameters of one DeFTAN-II, as stored in the weight file's "config"
// JSON. The published offline network and the causal family are both points of this space.
#pragma once

#include <string>
#include <string_view>

#include "lib/base/realtime.h"
#include "limpid/result.h"

namespace limpid::models {

struct Deftan2Config {
  int sample_rate = 16000;             // Hz; the only rate the network runs at
  double window = 0.032, hop = 0.016;  // seconds; the window is two hops
  int microphones = 4;
  int layers = 6;       // blocks of a half along frequency and a half along time
  int channels = 64;    // of the feature map
  int unfold = 4;       // groups of the split dense blocks in the blocks, taps of the deconvolution
  int heads = 4;        // of attention; also groups of the split dense blocks at both ends
  int head_width = 64;  // features of a head
  int hidden = 256;     // of the feed-forward network: half for each of its paths
  bool causal = false;  // false: as published, for whole recordings
  bool filter = false;  // causal only: the output is a weight for each microphone, not a spectrum
  int level_horizon = 0;     // causal only: frames that the running level remembers
  float compression = 1.0f;  // causal only: exponent of |X| at the network's input: 1 or 0.5
  bool relative = false;     // causal only: phases at the input are less that of microphone 0

  int window_samples() const LIMPID_REALTIME { return 2 * hop_samples(); }
  int hop_samples() const LIMPID_REALTIME;
  int bins() const LIMPID_REALTIME { return window_samples() / 2 + 1; }
  int inner() const noexcept { return heads * head_width; }
  int inputs() const noexcept { return 2 * microphones; }                // planes: re, im
  int outputs() const noexcept { return filter ? 2 * microphones : 2; }  // likewise

  // Real multiply-accumulates per second of audio as published, without transforms.
  double macs_per_second() const;
};

// bad_format: not JSON, a key missing or of the wrong type, a number out of range.
Result<Deftan2Config> parse_deftan2_config(std::string_view json, const std::string& origin);

}  // namespace limpid::models
