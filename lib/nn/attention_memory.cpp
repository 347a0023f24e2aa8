// SPDX-License-Identifier: MIT
#include "lib/nn/attention_memory.h"

namespace limpid::nn {

AttentionMemory::AttentionMemory(Arena& arena, const Attention& attention, int lanes,
                                 std::int64_t frames) {
  const AttentionConfig& config = attention.config();
  const int rows = lanes * config.kv_heads;
  const auto blocks = static_cast<int>((frames + KeyCache::kBlock - 1) / KeyCache::kBlock + 1);
  recent_ = KeyCache(arena, rows, blocks, config.width, config.value_width);
  if (config.sinks > 0) sinks_ = KeyCache(arena, rows, 1, config.width, config.value_width);
  key_ = arena.claim<float>(static_cast<std::size_t>(config.width));
  cos_sin_ = arena.claim<float>(static_cast<std::size_t>(config.width));
}

void AttentionMemory::append(const Attention& attention, const AttentionInput& in,
                             const AttentionTile& tile) LIMPID_REALTIME {
  const AttentionConfig& config = attention.config();
  // A sequence after the other, because the keys of a block are written across all of it.
  for (int lane = 0; lane < static_cast<int>(in.k.extent(0)); ++lane)
    for (int head = 0; head < config.kv_heads; ++head)
      for (int f = 0; f < tile.count; ++f) put(attention, in, tile, {lane, head, f});
  end_ = tile.frame + tile.count;
}

void AttentionMemory::put(const Attention& attention, const AttentionInput& in,
                          const AttentionTile& tile, const Place& at) noexcept {
  const AttentionConfig& config = attention.config();
  const std::int64_t frame = tile.frame + at.frame, age = frame - begin_;
  const bool sink = age < config.sinks;
  const float* key = in.k[at.lane][tile.offset + at.frame].data() + at.head * config.width;
  const float* value = in.v[at.lane][tile.offset + at.frame].data() + at.head * config.value_width;
  const float* cos_sin = tile.cos_sin + static_cast<std::ptrdiff_t>(at.frame) * config.width;
  if (sink && config.position == AttentionPosition::rotary) {
    attention.rotary().cos_sin(age, cos_sin_);  // positions of the cache, not of the stream
    cos_sin = cos_sin_.data();
  }
  make_ready(attention, key, cos_sin, key_.data());
  (sink ? sinks_ : recent_)
      .put(at.lane * config.kv_heads + at.head, sink ? age : frame, key_.data(), value);
}

}  // namespace limpid::nn
