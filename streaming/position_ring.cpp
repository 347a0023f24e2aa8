// SPDX-License-Identifier: MIT
#include "streaming/position_ring.h"

#include <algorithm>
#include <bit>

namespace limpid::streaming {

PositionRing::PositionRing(int rows, int capacity)
    : rows_(rows),
      capacity_(static_cast<std::int64_t>(std::bit_ceil(static_cast<std::uint64_t>(capacity)))),
      samples_(std::make_unique<std::atomic<float>[]>(static_cast<std::size_t>(rows * capacity_))) {
}

void PositionRing::write(AudioView<const float> samples) LIMPID_REALTIME {
  const std::int64_t begin = head_.load(std::memory_order_relaxed);
  const std::int64_t end = begin + samples.extent(1);
  oldest_.store(std::max(oldest_.load(std::memory_order_relaxed), end - capacity_),
                std::memory_order_relaxed);
  for (int row = 0; row < rows_; ++row) {
    const auto from = samples[row];
    for (std::ptrdiff_t t = 0; t < samples.extent(1); ++t)
      at(row, begin + t).store(from[t], std::memory_order_release);
  }
  head_.store(end, std::memory_order_release);
}

void PositionRing::jump(std::int64_t position) LIMPID_REALTIME {
  oldest_.store(position, std::memory_order_relaxed);
  head_.store(position, std::memory_order_release);
}

bool PositionRing::read(std::int64_t position, AudioView<float> out) const LIMPID_REALTIME {
  const std::int64_t end = position + out.extent(1);
  if (end > head() || position < oldest_.load(std::memory_order_relaxed)) return false;
  for (int row = 0; row < rows_; ++row) {
    auto to = out[row];
    for (std::ptrdiff_t t = 0; t < out.extent(1); ++t)
      to[t] = at(row, position + t).load(std::memory_order_acquire);
  }
  return position >= oldest_.load(std::memory_order_relaxed);
}

}  // namespace limpid::streaming
