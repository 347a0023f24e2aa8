// SPDX-License-Identifier: MIT
// DriftResampler: plays a stream a little faster or slower, by a ratio that may change with every
// block. Windowed sinc, so that speech up to 0.8 of half the sample rate passes untouched.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "lib/base/realtime.h"
#include "lib/tensor/tensor.h"

namespace limpid::streaming {

class DriftResampler {
 public:
  static constexpr int kTaps = 32;
  static constexpr double kMaxStep = 1.01;
  static constexpr int kOffset = -(kTaps / 2 + 1);  // of offset(), after start()

  DriftResampler(int rows, int max_block);

  // Input samples that the next process() takes to make `count` output samples, `step` apart.
  std::ptrdiff_t needed(std::ptrdiff_t count, double step) const LIMPID_REALTIME;

  // Where the next output sample lies, in samples relative to the next input sample; negative.
  double offset() const LIMPID_REALTIME { return phase_ + kOffset; }

  // in [rows][needed(n, step)], out [rows][n]; n <= max_block, 1 / kMaxStep < step < kMaxStep.
  void process(AudioView<const float> in, double step, AudioView<float> out) LIMPID_REALTIME;

  // Starts afresh: in [rows][kTaps] is what came before the next input sample.
  void start(AudioView<const float> in) LIMPID_REALTIME;

  // Also enough for start().
  static std::ptrdiff_t most_needed(int max_block) noexcept {
    return std::max<std::ptrdiff_t>(static_cast<std::ptrdiff_t>(max_block * kMaxStep) + 2, kTaps);
  }

 private:
  // Sum over kTaps samples from `samples` on, for a point `fraction` after the middle one.
  float interpolate(const float* samples, double fraction) const LIMPID_REALTIME;

  double phase_ = 0.0;        // of the next output sample, 0 <= phase_ < 1
  std::vector<float> table_;  // [kPhases + 1][kTaps]
  Tensor<float, 2> samples_;  // [rows][kTaps + most_needed]: the last kTaps taken, then the new
};

}  // namespace limpid::streaming
