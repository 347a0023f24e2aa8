// SPDX-License-Identifier: MIT
// AttentionTile: the consecutive frames, all within one block of 64, that are worked on together,
// and how their queries and keys are made ready for the products.
#pragma once

#include <algorithm>
#include <cmath>

#include "lib/nn/attention.h"
#include "lib/nn/key_cache.h"

namespace limpid::nn {

struct AttentionTile {
  std::int64_t frame = 0;  // of the first of them, counted from the start of the stream
  int offset = 0;          // its place in the caller's tensors
  int count = 0;
  const float* cos_sin = nullptr;  // [count][width] of rotary positions; unused without
};

// As many of the `left` frames from `frame` on as its block holds.
inline int frames_of_block(std::int64_t frame, std::ptrdiff_t left) noexcept {
  const std::int64_t room = KeyCache::kBlock - frame % KeyCache::kBlock;
  return static_cast<int>(std::min<std::int64_t>(room, left));
}

// ready = x of unit length where the kind compares directions, rotated to its position if that is
// how positions are told.
inline void make_ready(const Attention& attention, const float* x, const float* cos_sin,
                       float* ready) noexcept {
  const AttentionConfig& config = attention.config();
  const int width = config.width;
  std::copy_n(x, width, ready);
  if (config.kind == AttentionKind::lssa || config.kind == AttentionKind::lssar) {
    float power = 0;
    for (int c = 0; c < width; ++c) power += x[c] * x[c];
    const float scale = 1.0f / std::max(std::sqrt(power), 1e-12f);
    for (int c = 0; c < width; ++c) ready[c] *= scale;
  }
  if (config.position == AttentionPosition::rotary)
    attention.rotary().rotate(ready, cos_sin, ready);
}

}  // namespace limpid::nn
