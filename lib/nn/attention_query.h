// SPDX-License-Identifier: MIT
// AttentionQuery: a tile of queries meets the keys and values of an AttentionMemory.
#pragma once

#include "lib/nn/attention_memory.h"

namespace limpid::nn {

class AttentionQuery {
 public:
  AttentionQuery() = default;
  AttentionQuery(Arena& arena, const Attention& attention);  // throws std::bad_alloc

  // y of the tile's frames. Keys that a query may see and that are not yet in `memory` are not
  // seen.
  void attend(const Attention& attention, const AttentionMemory& memory, const AttentionInput& in,
              const AttentionTile& tile, TensorView<float, 3> y) LIMPID_REALTIME;

 private:
  // The keys that one query sees.
  struct VisibleRange {
    std::int64_t frame;
    std::int64_t first, last;  // recent frames [first, last)
    int sinks;                 // and the first so many of the stream
    float sink_distance;       // from the first sink
    std::int64_t keys() const noexcept { return last - first + sinks; }
  };
  VisibleRange visible_range(const AttentionConfig& config, const AttentionMemory& memory,
                             std::int64_t frame) const noexcept;
  void begin(const Attention& attention, const AttentionMemory& memory, const AttentionInput& in,
             const AttentionTile& tile, int lane, int kv_head) LIMPID_REALTIME;
  void begin_row(const Attention& attention, int head, const float* query, int row) LIMPID_REALTIME;
  void sweep(const AttentionConfig& config, const AttentionMemory& memory, int cache_row,
             const kernels::AttentionRule& rule, int value_width) noexcept;
  void reweight() LIMPID_REALTIME;
  void finish(const Attention& attention, const AttentionInput& in, const AttentionTile& tile,
              int lane, int kv_head, TensorView<float, 3> y) LIMPID_REALTIME;

  std::span<kernels::AttentionRow> rows_;    // [head of the group][frame of the tile]
  std::span<VisibleRange> visible_;          // the same
  std::span<float> queries_, sink_queries_;  // [row][width], as the recent keys and the sinks want
  std::span<float> values_;                  // [row][value_width], what each has gathered
  std::span<float> sink_cos_sin_, gates_;
  int count_ = 0;  // rows in use
};

}  // namespace limpid::nn
