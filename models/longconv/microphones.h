// SPDX-License-Identifier: MIT
// What LongConv hears of an array: how each further microphone m differs from the first one, as
// many numbers a bin as the first one has itself.
#pragma once

#include <complex>
#include <span>

#include "lib/base/arena.h"
#include "lib/base/realtime.h"
#include "models/longconv/features.h"

namespace limpid::models {

// With C = X_m conj(X_0) and means of C, |X_0|^2 and |X_m|^2 over a fraction of a second:
//   {re, im} of C / |C|, the phase in this frame, and
//   {re, im} of mean(C) / sqrt(mean |X_0|^2 mean |X_m|^2), the coherence: near the unit circle
//   where one source is heard, near 0 for what comes from everywhere.
class MicrophoneFeatures {
 public:
  MicrophoneFeatures() = default;
  // Means are those of all frames so far up to `horizon` of them, then they forget exponentially.
  MicrophoneFeatures(Arena& arena, int lanes, int microphones, int bins, int horizon);

  // Frames after which what was heard before makes no difference any more.
  static int settle(int horizon) noexcept;

  // One frame of a lane into features[m - 1][bin][kFeatures]: the first `band` bins of `columns`,
  // that of microphone m at columns + m * apart; silence above them.
  void run(int lane, const std::complex<float>* columns, std::ptrdiff_t apart, int band,
           float* features) LIMPID_REALTIME;
  void restart(int lane) LIMPID_REALTIME;

 private:
  struct Pair {  // running means
    std::complex<float> cross;
    float first = 0.0f, other = 0.0f;  // powers
  };

  std::span<Pair> pairs_;  // [lane][m - 1][bin]
  std::span<int> frames_;  // frames of each lane, up to the horizon
  int others_ = 0, bins_ = 0, horizon_ = 1;
};

}  // namespace limpid::models
