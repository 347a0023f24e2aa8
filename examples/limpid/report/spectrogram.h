// SPDX-License-Identifier: MIT
// Spectrogram: a picture of fixed width of a recording of any length, drawn while it streams by.
#pragma once

#include <cstdint>
#include <vector>

#include "lib/dsp/fft.h"
#include "lib/tensor/tensor.h"

namespace limpid::cli {

inline constexpr double kLowestLevel = -90;  // dB below a full-scale sine: the darkest colour

class Spectrogram {
 public:
  // Of `samples` samples at sample_rate Hz, at most `columns` wide and `rows` high.
  // invalid_argument, out_of_memory.
  static Result<Spectrogram> create(int sample_rate, std::int64_t samples, int columns, int rows);

  void add(AudioView<const float> samples);  // any number, all channels averaged

  void finish();  // once, after the last sample

  int width() const noexcept { return columns_; }
  int height() const noexcept { return rows_; }
  // [row][column] in dB, 0 = full-scale sine; the top row is half the sample rate.
  std::vector<float> levels() const;

 private:
  Spectrogram(dsp::RealFft fft, std::int64_t samples, std::int64_t hop, int columns, int rows);
  void transform();

  dsp::RealFft fft_;
  std::vector<float> window_, block_;  // block_: the window's samples, ring
  std::vector<double> power_;          // [column][row], summed
  std::vector<int> frames_;            // [column], summed into power_
  std::int64_t samples_, hop_, position_ = 0;
  int columns_, rows_;
};

}  // namespace limpid::cli
