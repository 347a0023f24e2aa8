// SPDX-License-Identifier: MIT
#include "lib/nn/attention_query.h"

#include "lib/nn/attention_gate.h"
#include "lib/nn/attention_rule.h"

namespace limpid::nn {
namespace {

using kernels::AttentionRow;
using kernels::AttentionRule;
using kernels::AttentionWeight;

// LSSAR takes off nothing while fewer keys than that would leave next to nothing (section 3.3).
constexpr std::int64_t kUnweightedKeys = 3;

float dot(const float* a, const float* b, int n) noexcept {
  float sum = 0;
  for (int i = 0; i < n; ++i) sum += a[i] * b[i];
  return sum;
}

}  // namespace

AttentionQuery::AttentionQuery(Arena& arena, const Attention& attention) {
  const AttentionConfig& config = attention.config();
  const auto rows = static_cast<std::size_t>(attention.group()) * KeyCache::kBlock;
  const auto width = static_cast<std::size_t>(config.width);
  rows_ = arena.claim<AttentionRow>(rows);
  visible_ = arena.claim<VisibleRange>(rows);
  queries_ = arena.claim<float>(rows * width);
  if (config.sinks > 0) sink_queries_ = arena.claim<float>(rows * width);
  values_ = arena.claim<float>(rows * static_cast<std::size_t>(config.value_width));
  sink_cos_sin_ = arena.claim<float>(width);
  gates_ = arena.claim<float>(static_cast<std::size_t>(std::max(config.value_width, 1)));
}

AttentionQuery::VisibleRange AttentionQuery::visible_range(const AttentionConfig& config,
                                                           const AttentionMemory& memory,
                                                           std::int64_t frame) const noexcept {
  const std::int64_t begin = memory.begin(), age = frame - begin;
  VisibleRange s{};
  s.frame = frame;
  s.last = std::min(frame + config.future + 1, memory.end());
  s.first = std::min(std::max(frame - config.past, begin + config.sinks), s.last);
  s.sinks = static_cast<int>(std::min<std::int64_t>(config.sinks, age + 1));
  s.sink_distance = static_cast<float>(std::min(age, config.sinks + config.past));
  return s;
}

void AttentionQuery::begin_row(const Attention& attention, int head, const float* query,
                               int index) LIMPID_REALTIME {
  const AttentionConfig& config = attention.config();
  AttentionRow& row = rows_[static_cast<std::size_t>(index)];
  const VisibleRange& visible = visible_[static_cast<std::size_t>(index)];
  row = {};
  row.values = values_.data() + static_cast<std::ptrdiff_t>(index) * config.value_width;
  row.gain = config.scale;
  row.slope = attention.slope(head);
  std::fill_n(row.values, config.value_width, 0.0f);
  switch (config.kind) {
    case AttentionKind::softmax1:
    case AttentionKind::sink_logit:
      row.maximum = attention.sink_logit(head);
      row.total = 1;
      break;
    case AttentionKind::key_bias:
      row.maximum = config.scale * dot(query, attention.sink_key(head), config.width);
      row.total = 1;
      break;
    case AttentionKind::lssa:
    case AttentionKind::lssar:
      row.gain = std::log(static_cast<float>(config.width)) *
                 std::log(static_cast<float>(std::max<std::int64_t>(visible.keys(), 1)));
      break;
    default:
      break;
  }
}

void AttentionQuery::begin(const Attention& attention, const AttentionMemory& memory,
                           const AttentionInput& in, const AttentionTile& tile, int lane,
                           int kv_head) LIMPID_REALTIME {
  const AttentionConfig& config = attention.config();
  const int group = attention.group(), width = config.width;
  count_ = group * tile.count;
  for (int f = 0; f < tile.count; ++f) {
    const VisibleRange visible = visible_range(config, memory, tile.frame + f);
    const float* cos_sin = tile.cos_sin + static_cast<std::ptrdiff_t>(f) * width;
    if (config.sinks > 0 && config.position == AttentionPosition::rotary)
      attention.rotary().cos_sin(static_cast<std::int64_t>(visible.sink_distance), sink_cos_sin_);
    for (int g = 0; g < group; ++g) {
      const int index = g * tile.count + f, head = kv_head * group + g;
      const float* query = in.q[lane][tile.offset + f].data() + head * width;
      visible_[static_cast<std::size_t>(index)] = visible;
      begin_row(attention, head, query, index);
      make_ready(attention, query, cos_sin, queries_.data() + index * width);
      if (config.sinks > 0)
        make_ready(attention, query, sink_cos_sin_.data(), sink_queries_.data() + index * width);
    }
  }
}

// All keys, block after block: first the sinks, then the recent ones.
void AttentionQuery::sweep(const AttentionConfig& config, const AttentionMemory& memory,
                           int cache_row, const AttentionRule& rule, int value_width) noexcept {
  const auto count = static_cast<std::size_t>(count_);
  const auto rows = rows_.first(count);
  std::int64_t first = memory.end(), last = 0;
  for (std::size_t r = 0; r < count; ++r) {
    const auto at = static_cast<std::ptrdiff_t>(r) * config.width;
    if (visible_[r].first < visible_[r].last) {
      first = std::min(first, visible_[r].first);
      last = std::max(last, visible_[r].last);
    }
    if (config.sinks == 0) continue;
    rows[r].query = sink_queries_.data() + at;
    rows[r].first = 0;
    rows[r].last = visible_[r].sinks;
    rows[r].distance = visible_[r].sink_distance;
  }
  if (config.sinks > 0)
    kernels::attend(rows, config.width, memory.sinks().block(cache_row, 0), value_width, rule);
  for (std::size_t r = 0; r < count; ++r)
    rows[r].query = queries_.data() + static_cast<std::ptrdiff_t>(r) * config.width;
  for (std::int64_t b = first / KeyCache::kBlock; b * KeyCache::kBlock < last; ++b) {
    const std::int64_t start = b * KeyCache::kBlock;
    for (std::size_t r = 0; r < count; ++r) {
      const auto slot = [&](std::int64_t frame) {
        return static_cast<int>(std::clamp<std::int64_t>(frame - start, 0, KeyCache::kBlock));
      };
      rows[r].first = slot(visible_[r].first);
      rows[r].last = slot(visible_[r].last);
      rows[r].distance = static_cast<float>(visible_[r].frame - start);
    }
    kernels::attend(rows, config.width, memory.recent().block(cache_row, b), value_width, rule);
  }
}

// LSSAR, between its passes: what a weight is, relative to the mean, decides what is left of it.
void AttentionQuery::reweight() LIMPID_REALTIME {
  for (int r = 0; r < count_; ++r) {
    AttentionRow& row = rows_[static_cast<std::size_t>(r)];
    const auto keys = visible_[static_cast<std::size_t>(r)].keys();
    row.share = row.total > 0 ? static_cast<float>(keys) / row.total : 0.0f;
    row.offset = keys <= kUnweightedKeys ? 0.0f : 1.0f;
    row.total = 0;
    row.maximum = -std::numeric_limits<float>::infinity();
  }
}

void AttentionQuery::finish(const Attention& attention, const AttentionInput& in,
                            const AttentionTile& tile, int lane, int kv_head,
                            TensorView<float, 3> y) LIMPID_REALTIME {
  const int group = attention.group(), width = attention.config().value_width;
  for (int g = 0; g < group; ++g)
    for (int f = 0; f < tile.count; ++f) {
      const AttentionRow& row = rows_[static_cast<std::size_t>(g * tile.count + f)];
      float factor = 1;
      if (attention.normalised()) factor = row.total > 0 ? 1 / row.total : 0.0f;
      const HeadOutput at{lane, tile.offset + f, kv_head * group + g};
      scale_output(attention.config(), in.gate, at, factor, gates_, row.values);
      std::copy_n(row.values, width, y[lane][at.frame].data() + at.head * width);
    }
}

void AttentionQuery::attend(const Attention& attention, const AttentionMemory& memory,
                            const AttentionInput& in, const AttentionTile& tile,
                            TensorView<float, 3> y) LIMPID_REALTIME {
  const AttentionConfig& config = attention.config();
  const AttentionRule rule = rule_of(config);
  for (int lane = 0; lane < static_cast<int>(in.q.extent(0)); ++lane)
    for (int kv_head = 0; kv_head < config.kv_heads; ++kv_head) {
      const int cache_row = lane * config.kv_heads + kv_head;
      begin(attention, memory, in, tile, lane, kv_head);
      if (config.kind == AttentionKind::lssar) {
        sweep(config, memory, cache_row, rule, 0);
        reweight();
        sweep(config, memory, cache_row, {AttentionWeight::power, 0, config.exponent},
              config.value_width);
      } else {
        sweep(config, memory, cache_row, rule, config.value_width);
      }
      finish(attention, in, tile, lane, kv_head, y);
    }
}

}  // namespace limpid::nn
