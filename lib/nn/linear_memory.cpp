// SPDX-License-Identifier: MIT
#include "lib/nn/linear_memory.h"

#include "lib/nn/attention_gate.h"

namespace limpid::nn {

LinearMemory::LinearMemory(Arena& arena, const Attention& attention, int lanes) {
  const AttentionConfig& config = attention.config();
  const auto width = static_cast<std::size_t>(config.width);
  const auto value_width = static_cast<std::size_t>(config.value_width);
  const std::size_t block = KeyCache::kBlock;
  state_ = arena.claim<float>(static_cast<std::size_t>(lanes) *
                              static_cast<std::size_t>(config.heads) * width * value_width);
  block_ = KeyCache(arena, lanes * config.kv_heads, 1, config.width, config.value_width);
  rows_ = arena.claim<kernels::AttentionRow>(block);
  queries_ = arena.claim<float>(block * width);
  faded_queries_ = arena.claim<float>(block * width);
  key_ = arena.claim<float>(width);
  faded_values_ = arena.claim<float>(block * value_width);
  gates_ = arena.claim<float>(value_width);
}

void LinearMemory::reset(std::int64_t frame) LIMPID_REALTIME {
  first_ = static_cast<int>(frame % KeyCache::kBlock);
  std::ranges::fill(state_, 0.0f);
}

void LinearMemory::take_keys(const Attention& attention, const AttentionInput& in,
                             const AttentionTile& tile, int lane, int kv_head) LIMPID_REALTIME {
  const AttentionConfig& config = attention.config();
  for (int f = 0; f < tile.count; ++f) {
    const float* cos_sin = tile.cos_sin + static_cast<std::ptrdiff_t>(f) * config.width;
    make_ready(attention, in.k[lane][tile.offset + f].data() + kv_head * config.width, cos_sin,
               key_.data());
    block_.put(lane * config.kv_heads + kv_head, tile.frame + f, key_.data(),
               in.v[lane][tile.offset + f].data() + kv_head * config.value_width);
  }
}

void LinearMemory::begin(const Attention& attention, const AttentionInput& in,
                         const AttentionTile& tile, int lane, int head,
                         TensorView<float, 3> y) LIMPID_REALTIME {
  const AttentionConfig& config = attention.config();
  const auto slot = static_cast<int>(tile.frame % KeyCache::kBlock);
  const float slope = attention.slope(head);
  for (int f = 0; f < tile.count; ++f) {
    const auto at = static_cast<std::ptrdiff_t>(f) * config.width;
    float* query = queries_.data() + at;
    make_ready(attention, in.q[lane][tile.offset + f].data() + head * config.width,
               tile.cos_sin + at, query);
    const float fade = config.scale * std::exp(-slope * static_cast<float>(slot + f + 1));
    for (int c = 0; c < config.width; ++c)
      faded_queries_[static_cast<std::size_t>(at + c)] = fade * query[c];
    kernels::AttentionRow& row = rows_[static_cast<std::size_t>(f)];
    row = {};
    row.query = query;
    row.values = y[lane][tile.offset + f].data() + head * config.value_width;
    row.gain = config.scale;
    row.slope = slope;
    row.distance = static_cast<float>(slot + f);
    row.first = first_;
    row.last = slot + f + 1;
  }
}

// y of each row = what is older than the block.
void LinearMemory::read(const AttentionConfig& config, const float* state, int count,
                        std::ptrdiff_t y_stride) LIMPID_REALTIME {
  kernels::small_product({faded_queries_.data(), config.width, state, config.value_width,
                          rows_[0].values, y_stride, count, config.width, config.value_width, 0});
}

// The block, now full, becomes part of the past.
void LinearMemory::update(const AttentionConfig& config, float slope, float* state,
                          const kernels::KeyBlock& block) LIMPID_REALTIME {
  const int count = KeyCache::kBlock - first_;
  for (int f = 0; f < count; ++f) {
    const float fade = std::exp(-slope * static_cast<float>(count - 1 - f));
    const float* value = block.values + (first_ + f) * block.value_stride;
    float* faded = faded_values_.data() + f * config.value_width;
    for (int c = 0; c < config.value_width; ++c) faded[c] = fade * value[c];
  }
  kernels::small_product({block.keys + first_, KeyCache::kBlock, faded_values_.data(),
                          config.value_width, state, config.value_width, config.width, count,
                          config.value_width, std::exp(-slope * static_cast<float>(count))});
}

void LinearMemory::advance(const Attention& attention, const AttentionInput& in,
                           const AttentionTile& tile, TensorView<float, 3> y) LIMPID_REALTIME {
  const AttentionConfig& config = attention.config();
  const auto rows = rows_.first(static_cast<std::size_t>(tile.count));
  const bool full = (tile.frame + tile.count) % KeyCache::kBlock == 0;
  const std::ptrdiff_t size = static_cast<std::ptrdiff_t>(config.width) * config.value_width;
  for (int lane = 0; lane < static_cast<int>(in.q.extent(0)); ++lane)
    for (int head = 0; head < config.heads; ++head) {
      const int kv_head = head / attention.group();
      if (head % attention.group() == 0) take_keys(attention, in, tile, lane, kv_head);
      const kernels::KeyBlock block = block_.block(lane * config.kv_heads + kv_head, 0);
      float* state = state_.data() + (lane * config.heads + head) * size;
      begin(attention, in, tile, lane, head, y);
      read(config, state, tile.count, y.stride(1));
      kernels::attend(rows, config.width, block, config.value_width,
                      {kernels::AttentionWeight::linear});
      if (full) update(config, attention.slope(head), state, block);
      for (int f = 0; f < tile.count; ++f)
        scale_output(config, in.gate, {lane, tile.offset + f, head}, 1, gates_,
                     rows_[static_cast<std::size_t>(f)].values);
    }
  if (full) first_ = 0;
}

}  // namespace limpid::nn
