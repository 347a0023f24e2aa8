// SPDX-License-Identifier: MIT
// Rotary positions (Su 2021): components i and i + width/2 of a vector at frame t rotate by the
// angle t * base^(-2i / width). Angles come from double arithmetic, block start times offset, so
// they are as exact after a week as after a second and do not depend on how a stream was cut.
#pragma once

#include <complex>
#include <cstdint>
#include <span>
#include <vector>

#include "lib/base/realtime.h"

namespace limpid::nn {

class Rotary {
 public:
  static constexpr int kBlock = 64;  // frames that share one evaluation of sine and cosine

  Rotary() = default;
  Rotary(int width, double base);  // width even

  int pairs() const noexcept { return static_cast<int>(frequencies_.size()); }

  // Cosines, then sines, of frame t: 2 * pairs() = width floats.
  void cos_sin(std::int64_t frame, std::span<float> out) const LIMPID_REALTIME;

  // Those of frames t, t + 1, ...; one after another in `out`.
  void cos_sin(std::int64_t first, int frames, std::span<float> out) const LIMPID_REALTIME;

  // y = x rotated by `cos_sin`; y may be x.
  void rotate(const float* x, const float* cos_sin, float* y) const LIMPID_REALTIME;

 private:
  std::vector<double> frequencies_;            // [pair] radians per frame
  std::vector<std::complex<double>> offsets_;  // [frame of a block][pair]
};

}  // namespace limpid::nn
