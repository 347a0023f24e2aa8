// SPDX-License-Identifier: MIT
// Playback: decides which position of the captured stream is played when. With one clock that is
// arithmetic; with two it follows the capturing clock by playing slightly faster or slower.
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "streaming/drift_control.h"
#include "streaming/drift_resampler.h"
#include "streaming/duplex_queue.h"
#include "streaming/fade.h"
#include "streaming/late_mixer.h"
#include "streaming/meters.h"

namespace limpid::streaming {

struct PlaybackConfig {
  int sample_rate = 48000;  // Hz
  int latency = 0;          // samples from capture to playback, sound card not counted
  int max_block = 0;        // samples; longer blocks are rendered in parts
  int fade = 0;             // samples; see LateMixer
  bool one_clock = true;    // every playback call follows a capture call of as many samples
};

class Playback {
 public:
  Playback(const DuplexQueue& queue, std::vector<int> sources, const PlaybackConfig& config);

  // [playback callback] out [any number of channels][n]: row r, or the last one there is. `time`:
  // seconds on the devices' common clock.
  void render(AudioView<float> out, double time) LIMPID_REALTIME;

  const LateMixer& mixer() const noexcept { return mixer_; }

  // Interruptions because input was missing or the stock was far off: fade out, go to the right
  // position (always forward, never repeating anything), fade in. [any thread]
  std::int64_t interruptions() const noexcept { return interruptions_.value(); }

  double drift_ppm() const noexcept { return drift_ppm_.load(std::memory_order_relaxed); }
  double stock_error() const noexcept { return stock_error_.load(std::memory_order_relaxed); }

 private:
  double captured(double time, std::ptrdiff_t count) const LIMPID_REALTIME;
  void render_part(AudioView<float> out, double now) LIMPID_REALTIME;
  double playing() const LIMPID_REALTIME;  // position of the next sample that is played
  double steer(double error, std::ptrdiff_t count) LIMPID_REALTIME;
  bool in_trouble(std::ptrdiff_t count, double step) const LIMPID_REALTIME;
  bool resume(double now) LIMPID_REALTIME;
  void play(AudioView<float> out, double step) LIMPID_REALTIME;

  const DuplexQueue& queue_;
  PlaybackConfig config_;
  LateMixer mixer_;
  DriftControl control_;
  DriftResampler resampler_;
  Tensor<float, 2> aligned_;  // [rows][most_needed]: from the mixer
  Tensor<float, 2> played_;   // [rows][max_block]
  Fade presence_;             // 0 while interrupted
  bool interrupted_ = true;   // as before the first block
  std::int64_t next_;         // position the mixer is asked for next
  Counter interruptions_;
  std::atomic<double> drift_ppm_ = 0.0, stock_error_ = 0.0;
};

}  // namespace limpid::streaming
