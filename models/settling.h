// SPDX-License-Identifier: MIT
// When a fresh stream equals one that has run for ever. A mean that forgets exponentially never
// quite does, but after so many of its time constants what is left is less than a float's rounding:
// e^-17 = 4e-8.
#pragma once

namespace limpid::models {

inline constexpr int kSettlingTimes = 17;

// Frames after which a running mean has settled that is one of all frames up to `horizon` of them,
// and forgets exponentially from then on.
constexpr int settle_mean(int horizon) noexcept {
  return (1 + kSettlingTimes) * horizon;
}

}  // namespace limpid::models
