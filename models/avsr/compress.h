// SPDX-License-Identifier: MIT
// Fewer tokens than frames: `rate` frames become one, as their mean or side by side. An incomplete
// last group is dropped (Cappellazzo et al. 2025, "Large language models are strong audio-visual
// speech recognition learners", section 3).
#pragma once

#include <span>

#include "lib/base/arena.h"
#include "lib/base/realtime.h"
#include "lib/tensor/tensor.h"

namespace limpid::models::avsr {

enum class Compression { average, stack };

// Features of a token that `rate` frames of `width` features become.
constexpr int compressed_width(Compression how, int rate, int width) noexcept {
  return how == Compression::stack ? rate * width : width;
}

// Frame by frame, for streams.
class Compressor {
 public:
  Compressor() = default;
  Compressor(Arena& arena, Compression how, int rate, int width);  // throws std::bad_alloc

  // Takes a frame of `width` features; true when it was the last one of a token, which is then in
  // token() until the next push.
  bool push(const float* frame) LIMPID_REALTIME;
  std::span<const float> token() const noexcept { return token_; }
  void reset() LIMPID_REALTIME { held_ = 0; }

 private:
  Compression how_ = Compression::average;
  int rate_ = 1, width_ = 0, held_ = 0;
  std::span<float> token_;
};

// A whole recording: [frame][width] to [frame / rate][compressed_width]. Stacked frames keep their
// order, the first one first. Throws std::bad_alloc.
Tensor<float, 2> compress(Compression how, int rate, TensorView<const float, 2> frames);

}  // namespace limpid::models::avsr
