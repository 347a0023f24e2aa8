// SPDX-License-Identifier: MIT
// PositionRing: the latest samples of a stream, each found by its absolute index since the start.
// One thread writes, others read; nobody ever waits. A reader that comes too early or too late is
// told so, and never gets a sample of another index.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "lib/base/realtime.h"
#include "lib/tensor/tensor.h"

namespace limpid::streaming {

// `samples`, a difference of positions, but 0..most: positions have 64 bits on every machine, the
// size of a block only as many as memory needs.
inline std::ptrdiff_t clamp_count(std::int64_t samples, std::ptrdiff_t most) LIMPID_REALTIME {
  return static_cast<std::ptrdiff_t>(std::clamp<std::int64_t>(samples, 0, most));
}

class PositionRing {
 public:
  // Keeps at least `capacity` samples of each row.
  PositionRing(int rows, int capacity);

  // [writer] Puts `samples` [rows][n], n <= capacity, at head(); the oldest give way.
  void write(AudioView<const float> samples) LIMPID_REALTIME;

  // [writer] Goes on at `position` >= head(). Nothing before it can be read any more.
  void jump(std::int64_t position) LIMPID_REALTIME;

  // [any thread] Copies [position, position + n) to out [rows][n]. False when a part of it is not
  // there yet or not there any more; out then holds nothing of use.
  bool read(std::int64_t position, AudioView<float> out) const LIMPID_REALTIME;

  // [any thread] One past the newest sample.
  std::int64_t head() const LIMPID_REALTIME { return head_.load(std::memory_order_acquire); }

  int rows() const noexcept { return rows_; }

 private:
  // Samples are atomic because a slow reader may look at one while it is replaced. The order makes
  // it notice: the writer raises oldest_ before it replaces anything, and a reader that saw a new
  // sample (release, acquire) cannot miss the raised oldest_ afterwards.
  std::atomic<float>& at(int row, std::int64_t position) const noexcept {
    return samples_[static_cast<std::size_t>(row * capacity_ + (position & (capacity_ - 1)))];
  }

  int rows_;
  std::int64_t capacity_;  // a power of two
  std::unique_ptr<std::atomic<float>[]> samples_;
  alignas(64) std::atomic<std::int64_t> head_ = 0;
  std::atomic<std::int64_t> oldest_ = 0;
  static_assert(std::atomic<std::int64_t>::is_always_lock_free &&
                std::atomic<float>::is_always_lock_free);
};

}  // namespace limpid::streaming
