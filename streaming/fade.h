// SPDX-License-Identifier: MIT
// Fade: a value that reaches each new target on a straight line, in a fixed number of samples.
#pragma once

#include <algorithm>

#include "lib/base/realtime.h"

namespace limpid::streaming {

class Fade {
 public:
  explicit Fade(int length, float value = 0.0f) noexcept
      : length_(std::max(length, 1)), value_(value), target_(value) {}

  void aim(float target) LIMPID_REALTIME {
    if (target == target_) return;
    target_ = target;
    left_ = length_;
    step_ = (target - value_) / static_cast<float>(length_);
  }

  void jump(float value) LIMPID_REALTIME {
    value_ = target_ = value;
    left_ = 0;
  }

  float next() LIMPID_REALTIME {
    if (left_ == 0) return value_;
    value_ = --left_ == 0 ? target_ : value_ + step_;
    return value_;
  }

  float value() const noexcept { return value_; }

 private:
  int length_, left_ = 0;
  float value_, target_, step_ = 0.0f;
};

}  // namespace limpid::streaming
