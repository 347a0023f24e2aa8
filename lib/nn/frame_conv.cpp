// SPDX-License-Identifier: MIT
#include "lib/nn/frame_conv.h"

#include <algorithm>

#include "lib/kernels/elementwise.h"
#include "lib/kernels/fsmn.h"

namespace limpid::nn {

FrameConv::FrameConv(std::span<const float> h, int taps, int channels)
    : taps_(taps), channels_(channels), oldest_first_(h.size()) {
  for (int tap = 0; tap < taps; ++tap)
    std::copy_n(h.data() + static_cast<std::ptrdiff_t>(tap) * channels, channels,
                oldest_first_.data() + static_cast<std::ptrdiff_t>(taps - 1 - tap) * channels);
}

FrameConv::State::State(const FrameConv& conv, Arena& arena, int groups) {
  const auto channels = static_cast<std::size_t>(conv.channels_);
  const std::size_t frames = static_cast<std::size_t>(conv.taps_ - 1 + kBlock) * channels;
  const std::size_t each = frames + kBlock * channels;
  float* past = arena.claim<float>(static_cast<std::size_t>(groups) * each).data();
  for (int group = 0; group < groups; ++group, past += each) {
    groups_.push_back({past, past + frames, 0, 0});
    restart(group);
  }
}

void FrameConv::State::restart(int group) LIMPID_REALTIME {
  Group& anew = groups_[static_cast<std::size_t>(group)];
  anew.at = anew.first = group % kBlock;
}

void FrameConv::begin_block(State::Group& group) const LIMPID_REALTIME {
  const std::ptrdiff_t block = static_cast<std::ptrdiff_t>(kBlock) * channels_;
  const std::ptrdiff_t before = static_cast<std::ptrdiff_t>(taps_ - 1) * channels_;
  std::copy(group.past + block, group.past + block + before, group.past);
  std::fill_n(group.past + before, block, 0.0f);
  group.first = std::max(group.first - kBlock, 1 - taps_);
  kernels::fsmn_memory(group.past + before, channels_, -group.first, kBlock, channels_,
                       oldest_first_, taps_, group.pending, channels_);
  group.at = 0;
}

void FrameConv::run(State& state, int index, float* rows, int frames) const LIMPID_REALTIME {
  State::Group& group = state.groups_[static_cast<std::size_t>(index)];
  const int recent = std::min(taps_, kBlock);  // taps that reach within a block
  const auto taps =
      std::span<const float>(oldest_first_)
          .last(static_cast<std::size_t>(recent) * static_cast<std::size_t>(channels_));
  while (frames > 0) {
    if (group.at == kBlock) begin_block(group);
    const int count = std::min(frames, kBlock - group.at);
    const int values = count * channels_;
    float* now = group.past + static_cast<std::ptrdiff_t>(taps_ - 1 + group.at) * channels_;
    std::copy_n(rows, values, now);
    const int earlier = group.at - std::max(group.first, 0);  // frames of the block
    kernels::fsmn_memory(now, channels_, earlier, count, channels_, taps, recent, rows, channels_);
    if (group.first < 0)
      kernels::accumulate(group.pending + static_cast<std::ptrdiff_t>(group.at) * channels_, values,
                          rows);
    group.at += count;
    rows += values;
    frames -= count;
  }
}

}  // namespace limpid::nn
