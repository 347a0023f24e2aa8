// SPDX-License-Identifier: MIT
// AttentionMemory: the keys and values that queries may see: those of the latest frames and, in the
// StreamingLLM form, those of the first few.
#pragma once

#include "lib/nn/attention_tile.h"

namespace limpid::nn {

class AttentionMemory {
 public:
  AttentionMemory() = default;

  // Keeps the block of the newest frame and `frames` frames before it. Throws std::bad_alloc.
  AttentionMemory(Arena& arena, const Attention& attention, int lanes, std::int64_t frames);

  void append(const Attention& attention, const AttentionInput& in,
              const AttentionTile& tile) LIMPID_REALTIME;

  // Forgets everything; the next frame is the first of its stream and has this number.
  void reset(std::int64_t frame) noexcept { begin_ = end_ = frame; }

  std::int64_t begin() const noexcept { return begin_; }  // the first frame of the stream
  std::int64_t end() const noexcept { return end_; }      // one past the newest
  const KeyCache& recent() const noexcept { return recent_; }
  const KeyCache& sinks() const noexcept { return sinks_; }  // frame begin() + s at s

 private:
  struct Place {
    int lane, head, frame;  // of the tile
  };
  void put(const Attention& attention, const AttentionInput& in, const AttentionTile& tile,
           const Place& at) noexcept;

  KeyCache recent_, sinks_;
  std::span<float> key_, cos_sin_;
  std::int64_t begin_ = 0, end_ = 0;
};

}  // namespace limpid::nn
