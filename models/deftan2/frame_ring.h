// SPDX-License-Identifier: MIT
// FrameRing: the latest frames of one point of a causal network. Nothing moves: products read the
// taps of a convolution from wherever they lie.
#pragma once

#include <algorithm>
#include <span>

#include "lib/base/arena.h"
#include "lib/base/realtime.h"
#include "lib/kernels/matrix.h"

namespace limpid::models {

class FrameRing {
 public:
  FrameRing() = default;

  // The present frame and `history` before it, [rows][channels] each, zeros at first; above and
  // below the rows of a frame there are `pad` rows of zeros that nobody writes.
  FrameRing(Arena& arena, int history, int rows, int channels, int pad = 0)
      : frames_(history + 1), rows_(rows), channels_(channels), pad_(pad) {
    storage_ = arena.claim<float>(static_cast<std::size_t>(frames_ * frame_size()));
  }

  // The frame `age` before the present one becomes `age` + 1 before it.
  void advance() noexcept { now_ = now_ + 1 == frames_ ? 0 : now_ + 1; }

  // Row 0 of the frame `age` steps ago; row -pad .. rows + pad - 1 may be read.
  float* frame(int age) const noexcept {
    const int at = now_ >= age ? now_ - age : now_ - age + frames_;
    return storage_.data() + at * frame_size() + std::ptrdiff_t{pad_} * channels_;
  }
  kernels::Matrix<float> now() const noexcept { return {frame(0), channels_, rows_, channels_}; }

  // Frames `newest`, `newest` + `apart`, ... ago, the oldest first, as distances from `base`: the
  // segments of a product.
  template <std::size_t kCount>
  void taps(int newest, int apart, const float* base,
            std::span<std::ptrdiff_t, kCount> offsets) const noexcept {
    for (std::size_t tap = 0; tap < kCount; ++tap)
      offsets[tap] = frame(newest + static_cast<int>(kCount - 1 - tap) * apart) - base;
  }

  void reset() LIMPID_REALTIME {
    std::ranges::fill(storage_, 0.0f);
    now_ = 0;
  }

 private:
  std::ptrdiff_t frame_size() const noexcept {
    return static_cast<std::ptrdiff_t>(rows_ + 2 * pad_) * channels_;
  }

  std::span<float> storage_;
  int frames_ = 0, rows_ = 0, channels_ = 0, pad_ = 0;
  int now_ = 0;
};

}  // namespace limpid::models
