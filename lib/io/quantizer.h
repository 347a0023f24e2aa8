// SPDX-License-Identifier: MIT
// Samples as a file can hold them. Internal to the audio_file layer.
#pragma once

#include <cmath>
#include <cstdint>

#include "lib/io/audio_format.h"

namespace limpid::io {

// To the nearest value that the file can hold, so that an unchanged sample comes back unchanged.
// libsndfile itself would round down.
class Quantizer {
 public:
  explicit Quantizer(int code) noexcept : exact_(is_float(code)), range_(sample_range(code)) {
    const int bits = integer_bits(code);
    if (bits != 0 && bits <= 24) scale_ = std::ldexp(1.0f, bits - 1);  // else finer than a float
  }

  float operator()(float sample) noexcept {
    if (exact_) return sample;
    if (scale_ != 0) sample = std::nearbyint(sample * scale_) / scale_;
    if (sample >= range_.lowest && sample <= range_.highest) return sample;
    ++clipped_;
    if (sample > range_.highest) return range_.highest;
    return sample < range_.lowest ? range_.lowest : 0.0f;  // 0: not a number
  }

  std::uint64_t clipped() const noexcept { return clipped_; }

 private:
  bool exact_;
  SampleRange range_;
  float scale_ = 0;
  std::uint64_t clipped_ = 0;
};

}  // namespace limpid::io
