// SPDX-License-Identifier: MIT
#include "streaming/late_mixer.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace limpid::streaming {
namespace {

// Reads from a ring as if the stream had been silent for ever before position 0.
bool read_after_silence(const PositionRing& ring, std::int64_t position, AudioView<float> out) {
  const auto silent = clamp_count(-position, out.extent(1));
  for (std::ptrdiff_t row = 0; row < out.extent(0); ++row)
    std::ranges::fill(out[row].slice(0, 0, silent).span(), 0.0f);
  if (silent == out.extent(1)) return true;
  return ring.read(position + silent, out.slice(1, silent, out.extent(1) - silent));
}

}  // namespace

LateMixer::LateMixer(const DuplexQueue& queue, std::vector<int> sources, int fade, int max_block)
    : queue_(queue),
      sources_(std::move(sources)),
      fade_length_(fade),
      wet_share_(fade, 1.0f),
      share_(static_cast<std::size_t>(max_block)),
      wet_({queue.enhanced.rows(), max_block}),
      dry_({queue.captured.rows(), max_block}) {}

// Once a block was in time, `fade` more samples are there: enough to leave the enhanced signal
// should the next block be late. So the share is 0 before the enhanced samples run out.
void LateMixer::read(std::int64_t position, AudioView<float> out) LIMPID_REALTIME {
  const auto count = out.extent(1);
  const bool in_time = read_enhanced(position, count);
  if (in_time_ && !in_time) events_.add();
  if (!in_time) samples_.add(count);
  in_time_ = in_time;
  wet_share_.aim(in_time ? 1.0f : 0.0f);
  for (std::ptrdiff_t t = 0; t < count; ++t) {
    const float share = wet_share_.next();
    share_[static_cast<std::size_t>(t)] = t < wet_count_ ? share : 0.0f;
  }
  read_captured(position, count);
  for (std::ptrdiff_t row = 0; row < out.extent(0); ++row) {
    const auto wet = wet_.view()[row];
    const auto dry = dry_.view()[sources_[static_cast<std::size_t>(row)]];
    for (std::ptrdiff_t t = 0; t < count; ++t) {
      const float share = share_[static_cast<std::size_t>(t)];
      out[row][t] = wet[t] * share + dry[t] * (1.0f - share);
    }
  }
}

// True when the whole block and the fade after it are there.
bool LateMixer::read_enhanced(std::int64_t position, std::ptrdiff_t count) LIMPID_REALTIME {
  const std::int64_t ahead = queue_.enhanced.head() - position;
  wet_count_ = clamp_count(ahead, count);
  const bool there =
      read_after_silence(queue_.enhanced, position, wet_.view().slice(1, 0, wet_count_));
  if (!there) wet_count_ = 0;
  for (std::ptrdiff_t row = 0; row < wet_.extent(0); ++row)
    std::fill(&wet_.view()[row][wet_count_], &wet_.view()[row][0] + count, 0.0f);
  return there && ahead >= count + fade_length_;
}

// What was not captured yet is silence; whoever asks for it has faded out (see Playback).
void LateMixer::read_captured(std::int64_t position, std::ptrdiff_t count) LIMPID_REALTIME {
  const auto there = clamp_count(queue_.captured.head() - position, count);
  auto dry = dry_.view().slice(1, 0, count);
  const bool valid = read_after_silence(queue_.captured, position, dry.slice(1, 0, there));
  for (std::ptrdiff_t row = 0; row < dry.extent(0); ++row)
    for (std::ptrdiff_t t = 0; t < count; ++t)
      if (!valid || t >= there || !std::isfinite(dry[row][t])) dry[row][t] = 0.0f;
}

}  // namespace limpid::streaming
