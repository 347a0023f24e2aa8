// SPDX-License-Identifier: MIT
// KeyCache: the keys and values of the latest frames, in the blocks that kernels::attend reads; a
// ring, so that a new block takes the place of the oldest one.
#pragma once

#include <cstring>

#include "lib/base/arena.h"
#include "lib/kernels/attention.h"

namespace limpid::nn {

class KeyCache {
 public:
  static constexpr int kBlock = kernels::kAttentionKeys;

  KeyCache() = default;

  // `rows` independent sequences (lanes times key heads) of `blocks` blocks. Throws std::bad_alloc.
  KeyCache(Arena& arena, int rows, int blocks, int width, int value_width)
      : blocks_(blocks), width_(width), value_width_(value_width) {
    const auto count = static_cast<std::size_t>(rows) * static_cast<std::size_t>(blocks) * kBlock;
    keys_ = arena.claim<float>(count * static_cast<std::size_t>(width));
    values_ = arena.claim<float>(count * static_cast<std::size_t>(value_width));
  }

  // The frame's key and value.
  void put(int row, std::int64_t frame, const float* key, const float* value) const noexcept {
    const std::ptrdiff_t block = number(row, frame / kBlock), slot = frame % kBlock;
    float* keys = keys_.data() + block * width_ * kBlock + slot;
    for (int c = 0; c < width_; ++c) keys[c * kBlock] = key[c];
    std::memcpy(values_.data() + (block * kBlock + slot) * value_width_, value,
                static_cast<std::size_t>(value_width_) * sizeof(float));
  }

  // Frames [64 index, 64 index + 64).
  kernels::KeyBlock block(int row, std::int64_t index) const noexcept {
    const std::ptrdiff_t block = number(row, index);
    return {keys_.data() + block * width_ * kBlock, values_.data() + block * kBlock * value_width_,
            value_width_};
  }

 private:
  std::ptrdiff_t number(int row, std::int64_t index) const noexcept {
    return row * static_cast<std::ptrdiff_t>(blocks_) +
           static_cast<std::ptrdiff_t>(index % blocks_);
  }

  std::span<float> keys_;    // [row][block][component][kBlock]
  std::span<float> values_;  // [row][block][kBlock][component]
  int blocks_ = 0, width_ = 0, value_width_ = 0;
};

}  // namespace limpid::nn
