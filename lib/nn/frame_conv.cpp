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
  frames_ = static_cast<std::size_t>(conv.taps_ - 1 + kBlock) * channels;
  const std::size_t each = frames_ + kBlock * channels;
  memory_ = arena.claim<float>(static_cast<std::size_t>(groups) * each);
  for (int group = 0; group < groups; ++group) {
    float* past = memory_.data() + static_cast<std::size_t>(group) * each;
    groups_.push_back({past, past + frames_, 0});
  }
  reset();
}

void FrameConv::State::reset() LIMPID_REALTIME {
  std::ranges::fill(memory_, 0.0f);
  for (std::size_t group = 0; group < groups_.size(); ++group)
    groups_[group].at = static_cast<int>(group % kBlock);
}

void FrameConv::begin_block(State::Group& group) const LIMPID_REALTIME {
  const std::ptrdiff_t block = static_cast<std::ptrdiff_t>(kBlock) * channels_;
  const std::ptrdiff_t before = static_cast<std::ptrdiff_t>(taps_ - 1) * channels_;
  std::copy(group.past + block, group.past + block + before, group.past);
  std::fill_n(group.past + before, block, 0.0f);
  kernels::fsmn_memory(group.past + before, channels_, taps_ - 1, kBlock, channels_, oldest_first_,
                       taps_, group.pending, channels_);
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
    kernels::fsmn_memory(now, channels_, group.at, count, channels_, taps, recent, rows, channels_);
    kernels::accumulate(group.pending + static_cast<std::ptrdiff_t>(group.at) * channels_, values,
                        rows);
    group.at += count;
    rows += values;
    frames -= count;
  }
}

}  // namespace limpid::nn
