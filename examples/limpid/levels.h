// SPDX-License-Identifier: MIT
// LevelComparison: how loud a recording was before and after, and how much quieter its pauses
// became. Constant memory for any length.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>

#include "lib/tensor/tensor.h"

namespace limpid::cli {

// dBFS (a full-scale square wave is 0 dB), never below -120.
struct Levels {
  double rms_before = -120, rms_after = -120;
  double peak_before = -120, peak_after = -120;
  // Pauses are the quietest tenth of the 50 ms blocks of the input that are not digital silence.
  struct Pauses {
    double before, after;  // mean level
    double reduction() const noexcept { return before - after; }
  };
  std::optional<Pauses> pauses = std::nullopt;  // none where there is no such block
};

class LevelComparison {
 public:
  explicit LevelComparison(int sample_rate);

  // The same audio, before and after; `after` may trail `before`, never lead it.
  void before(AudioView<const float> samples);
  void after(AudioView<const float> samples);
  Levels levels() const;

 private:
  static constexpr int kBins = 240;  // of half a decibel

  struct Side {
    double sum = 0, block_sum = 0;  // of squares, mean over the channels
    std::int64_t count = 0;
    std::ptrdiff_t in_block = 0;
    float peak = 0;
  };
  template <class BlockDone>
  void measure(Side& side, AudioView<const float> samples, BlockDone done) const;

  struct Bin {
    std::int64_t blocks = 0;
    double before = 0, after = 0;  // sums of the blocks' powers
  };

  std::ptrdiff_t block_;
  Side before_, after_;
  std::deque<double> waiting_;  // powers of blocks whose enhanced twin is still to come
  std::array<Bin, kBins> histogram_{};
};

}  // namespace limpid::cli
