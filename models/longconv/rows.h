// SPDX-License-Identifier: MIT
// The activations of LongConv: [lane][frame][band][channel], without gaps.
#pragma once

#include "lib/kernels/matrix.h"

namespace limpid::models {

struct BandRows {
  float* data = nullptr;
  int lanes = 0, frames = 0, bands = 0, channels = 0;

  int columns() const noexcept { return lanes * frames; }  // frames of all lanes
  std::ptrdiff_t width() const noexcept { return static_cast<std::ptrdiff_t>(bands) * channels; }
  std::ptrdiff_t size() const noexcept { return columns() * width(); }
  float* at(int lane, int frame) const noexcept {
    return data + (static_cast<std::ptrdiff_t>(lane) * frames + frame) * width();
  }
  // A row for every band of every frame, or one for every frame.
  kernels::Matrix<float> by_band() const noexcept {
    return {data, channels, columns() * bands, channels};
  }
  kernels::Matrix<float> by_frame() const noexcept {
    return {data, width(), columns(), static_cast<int>(width())};
  }
  // One band of every frame.
  kernels::Matrix<float> band(int index) const noexcept {
    return {data + static_cast<std::ptrdiff_t>(index) * channels, width(), columns(), channels};
  }
};

}  // namespace limpid::models
