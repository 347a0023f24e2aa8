// SPDX-License-Identifier: MIT
// How loud a bin is beside what is around it: two numbers that a complex network, which sees real
// and imaginary parts, would have to spend its first layers on. With L = ln(|X|^2 + 1e-7) and
// running means over about a second, as DeepFilterNet normalises its features (Schröter et al.
// 2022, section 2.2):
//   re = (L - mean of the whole spectrum) / 4,  im = (L - mean of the bin) / 4
#pragma once

#include <complex>
#include <span>

#include "lib/base/arena.h"
#include "lib/base/realtime.h"

namespace limpid::models {

class LevelFeatures {
 public:
  LevelFeatures() = default;
  // Means are those of all frames so far up to `horizon` of them, then they forget exponentially.
  LevelFeatures(Arena& arena, int lanes, int bins, int horizon);

  // Frames after which it makes no difference any more what was heard before: `horizon` of a plain
  // mean, then kSettlingTimes as many that forget it. Where levels stay exactly the same, as in
  // digital silence, rounding stops means up to 1e-4 short of them, on the side they come from.
  static int settle(int horizon) noexcept;

  // One frame of a lane into re[bin * stride] and im[bin * stride]: the first `band` bins of
  // `column` times `scale`, silence above them.
  void run(int lane, const std::complex<float>* column, int band, float scale, float* re, float* im,
           std::ptrdiff_t stride) LIMPID_REALTIME;
  void restart(int lane) LIMPID_REALTIME;

 private:
  std::span<float> means_;   // [lane][bin]
  std::span<int> frames_;    // frames of each lane, up to the horizon
  std::span<float> levels_;  // of the frame at hand
  int horizon_ = 1;
};

}  // namespace limpid::models
