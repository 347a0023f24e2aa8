// SPDX-License-Identifier: MIT
// DriftControl: how much faster than nominal to play, so that the stock of samples between two
// sound cards with clocks of their own stays where it should be.
#pragma once

#include <algorithm>
#include <cmath>

#include "lib/base/realtime.h"

namespace limpid::streaming {

// A PI controller behind a low-pass filter. The stock grows by rate * (drift - speed) per second;
// with these gains the loop is critically damped at 0.2 rad/s: slow enough that the jitter of
// callbacks is not heard as wow, fast enough that a drift of 300 ppm moves the stock by less than
// 0.6 ms before it is matched.
class DriftControl {
 public:
  static constexpr double kMax = 1e-3;  // sound cards stay within 1e-4, broken ones within 5e-4

  explicit DriftControl(int sample_rate) noexcept : rate_(sample_rate) {}

  // `error`: samples too many in stock; `seconds` since the last call. Returns the speed - 1.
  double update(double error, double seconds) LIMPID_REALTIME {
    constexpr double kOmega = 0.2, kSmoothing = 0.5;  // rad/s, s
    if (fresh_) error_ = error;
    fresh_ = false;
    error_ += (error - error_) * (1.0 - std::exp(-seconds / kSmoothing));
    drift_ = limit(drift_ + kOmega * kOmega / rate_ * error_ * seconds);
    return limit(drift_ + 2.0 * kOmega / rate_ * error_);
  }

  // The stock has been corrected at a stroke. What was learnt about the clocks remains true.
  void forget_error() LIMPID_REALTIME {
    error_ = 0.0;
    fresh_ = true;
  }

  double smooth_error() const noexcept { return error_; }  // samples
  double drift() const noexcept { return drift_; }

 private:
  static double limit(double speed) noexcept { return std::clamp(speed, -kMax, kMax); }

  double rate_;
  double error_ = 0.0, drift_ = 0.0;
  bool fresh_ = true;
};

}  // namespace limpid::streaming
