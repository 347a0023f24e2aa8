// SPDX-License-Identifier: MIT
// LinearMemory: causal linear attention that decays, whose whole past is one matrix a head,
//   S_t = e^-slope S_(t-1) + k_t v_t^T,  y_t = scale q_t S_t.
// What is older than a block of 64 frames comes from S, the block itself from the masked products
// (Lightning Attention-2, Qin 2024, algorithm 1). S takes up a block when the block is full: once
// in 64 frames, however they come, so that a stream rounds as seldom as a whole sequence does and
// is equal to it. All exponents are <= 0.
#pragma once

#include "lib/nn/attention_tile.h"

namespace limpid::nn {

class LinearMemory {
 public:
  LinearMemory() = default;
  LinearMemory(Arena& arena, const Attention& attention, int lanes);  // throws std::bad_alloc

  void advance(const Attention& attention, const AttentionInput& in, const AttentionTile& tile,
               TensorView<float, 3> y) LIMPID_REALTIME;

  // Forgets everything; the next frame has this number.
  void reset(std::int64_t frame) LIMPID_REALTIME;

 private:
  void take_keys(const Attention& attention, const AttentionInput& in, const AttentionTile& tile,
                 int lane, int kv_head) LIMPID_REALTIME;
  void begin(const Attention& attention, const AttentionInput& in, const AttentionTile& tile,
             int lane, int head, TensorView<float, 3> y) LIMPID_REALTIME;
  void read(const AttentionConfig& config, const float* state, int count,
            std::ptrdiff_t y_stride) LIMPID_REALTIME;
  void update(const AttentionConfig& config, float slope, float* state,
              const kernels::KeyBlock& block) LIMPID_REALTIME;

  std::span<float> state_;                 // [lane][head][width][value_width], before the block
  KeyCache block_;                         // that is not full yet, of every lane and key head
  int first_ = 0;                          // its first frame: not 0 where the stream began within
  std::span<kernels::AttentionRow> rows_;  // [frame of the tile]
  std::span<float> queries_, faded_queries_, key_;
  std::span<float> faded_values_, gates_;
};

}  // namespace limpid::nn
