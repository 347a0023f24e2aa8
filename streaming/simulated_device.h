// SPDX-License-Identifier: MIT
// SimulatedDevice: a sound card made of arithmetic. It captures from a recording, records what is
// played, and has a clock that moves from one callback to the next when step() is called. For tests
// and for trying things without a sound card.
#pragma once

#include <limits>
#include <random>

#include "streaming/audio_device.h"

namespace limpid::streaming {

struct Simulation {
  DeviceFormat format;
  bool vary_block = false;      // callbacks of 1..format.block samples instead of format.block
  double jitter_seconds = 0.0;  // callbacks come up to so much later than due
  double drift_ppm = 0.0;       // capture is faster than playback by this; two clocks only
  double stall_at = std::numeric_limits<double>::infinity();  // s: no capture from here ...
  double stall_for = 0.0;  // s: ... for so long, two clocks only; what was said is lost
  double lost_at = std::numeric_limits<double>::infinity();  // s: on_lost(), then nothing
  bool lost_silently = false;                                // callbacks end without on_lost()
  unsigned seed = 1;
};

class SimulatedDevice final : public AudioDevice {
 public:
  // Captures `source` [inputs][n], then ends.
  SimulatedDevice(Tensor<float, 2> source, const Simulation& simulation);

  const DeviceFormat& format() const noexcept override { return simulation_.format; }
  std::string describe() const override { return "simulated sound card"; }
  Status start(AudioCallback& callback) override;
  void stop() override { callback_ = nullptr; }

  // The next callback, or the next pair where there is one clock. False: not started, or over.
  bool step();

  double now() const noexcept { return now_; }     // s, of the latest step()
  AudioView<const float> played() const noexcept;  // [outputs][samples so far]

 private:
  bool over() const noexcept;
  std::ptrdiff_t block_size();
  bool lose();
  void capture(std::ptrdiff_t count);
  void play(std::ptrdiff_t count);
  double late();

  Simulation simulation_;
  AudioCallback* callback_ = nullptr;
  Tensor<float, 2> source_, played_;
  std::ptrdiff_t captured_count_ = 0, played_count_ = 0;
  double now_ = 0.0, capture_due_ = 0.0, playback_due_ = 0.0;
  std::mt19937 random_;
};

}  // namespace limpid::streaming
