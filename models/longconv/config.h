// SPDX-License-Identifier: MIT
// LongConvConfig: the hyper-parameters of one LongConv, as stored in the weight file's "config"
// JSON.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/base/realtime.h"
#include "limpid/result.h"
#include "models/mask_maker.h"

namespace limpid::models {

struct LongConvConfig {
  int sample_rate = 16000;           // Hz; the network sees bins 0 .. sample_rate / 2
  double window = 0.02, hop = 0.01;  // seconds
  double analysis_window = 0.02;     // seconds that a column is made from; no less than window
  bool any_rate = true;              // false: runs at sample_rate only
  int level_horizon = 100;           // frames of LevelFeatures
  int microphones = 1;               // inputs; the voice is given as the first one hears it
  int coherence_horizon = 20;        // frames of MicrophoneFeatures
  int steady_frames = 0;     // frames of each microphone in SteadyFilters; 0: there are none
  int steady_horizon = 333;  // frames after which those forget
  std::vector<int> bands;    // bins of each band, from 0 Hz up
  int channels = 40;         // of every band
  int blocks = 5;
  int memory = 32;         // channels of a band that pass through the long filters
  int short_taps = 3;      // frames that the projections see
  int long_taps = 256;     // frames that the filters reach back
  int filter_hidden = 32;  // width of the network that the filters are made by
  int exchange = 96;       // width of the bottleneck over all bands
  int hidden = 80;         // width of the feed-forward layer of a band
  int taps = 3;            // frames that one output frame is filtered from
  bool voice = false;      // whether there is a voice-activity output

  int bins() const LIMPID_REALTIME;  // frequencies at sample_rate
  int band_count() const noexcept { return static_cast<int>(bands.size()); }
  int width() const noexcept { return band_count() * channels; }  // of one frame
  MaskTraits traits() const LIMPID_REALTIME;
  int masks() const LIMPID_REALTIME { return traits().masks(); }  // a frame
  // Frames before the present one that masks depend on: of the filters of all blocks together, and
  // of the running means of features.
  int past() const noexcept;

  // Real multiply-accumulates per second of audio; without transforms and gates.
  double macs_per_second() const noexcept;
};

// bad_format: not JSON, a key missing or of the wrong type, sizes that do not fit each other.
Result<LongConvConfig> parse_longconv_config(std::string_view json, const std::string& origin);

}  // namespace limpid::models
