// SPDX-License-Identifier: MIT
// A recording as the published network hears it: in front of it a hop of zeros, behind it what
// makes whole hops and up to two more, and both ends mirrored, so that frames are centred on
// multiples of the hop.
#pragma once

#include <span>
#include <vector>

#include "lib/tensor/tensor.h"

namespace limpid::models {

class Padded {
 public:
  // audio [microphone][any number but 0]; what is no number counts as silence. Windows are two
  // hops.
  Padded(AudioView<const float> audio, int hop);

  std::ptrdiff_t length() const noexcept { return length_; }  // of the recording
  int frames() const noexcept { return frames(length_, hop_); }
  static int frames(std::ptrdiff_t length, int hop) noexcept {
    return static_cast<int>(padded(length, hop) / hop + 1);
  }
  // frames() + 1 hops: frame t begins with hop t. The recording begins with hop kFront.
  std::span<const float> microphone(int m) const noexcept { return samples_.view()[m].span(); }
  static constexpr int kFront = 2;

  // Standard deviation of all samples, zeros included, mirrored ones not; with n - 1 as PyTorch has
  // it.
  double level() const noexcept;

 private:
  static std::ptrdiff_t padded(std::ptrdiff_t length, int hop) noexcept {
    const std::ptrdiff_t window = 2 * std::ptrdiff_t{hop};
    return length + window - (hop + length % window) % window + window;
  }

  std::ptrdiff_t length_;
  int hop_;
  Tensor<float, 2> samples_;
};

// Periodic Hann, at both ends of the published transform.
std::vector<float> published_window(int size);

}  // namespace limpid::models
