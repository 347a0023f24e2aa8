// SPDX-License-Identifier: MIT
// Timeline: the frames that one point of a network remembers between calls, all lanes in step.
// Frames are appended at the end, used as one contiguous activation, and forgotten at the front.
#pragma once

#include <cassert>
#include <cstring>

#include "lib/base/arena.h"
#include "lib/nn/activation.h"

namespace limpid::nn {

class Timeline {
 public:
  Timeline() = default;

  // Room for `capacity` frames of `rows` x `channels`, with `pad` rows of zeros below and above
  // that nobody writes: what a transposed convolution reads beyond the ends of the spectrum.
  // `history` zero frames stand before the first one.
  Timeline(Arena& arena, int lanes, int capacity, int rows, int channels, int history, int pad = 0)
      : lanes_(lanes),
        capacity_(capacity + history),
        rows_(rows),
        channels_(channels),
        pad_(pad),
        history_(history) {
    storage_ = arena.claim<float>(activation_size(lanes, capacity_, rows + 2 * pad, channels));
    reset();
  }

  int size() const noexcept { return size_; }

  // Room for `count` more frames at the end, whose contents the caller must write.
  Activation append(int count) noexcept {
    assert(size_ + count <= capacity_);
    size_ += count;
    return frames(size_ - count, count);
  }

  void append_silence(int count) noexcept {
    const Activation fresh = append(count);
    for (int lane = 0; lane < lanes_; ++lane) silence(fresh, lane);
  }

  // Frames [first, first + count), without the padding rows.
  Activation frames(int first, int count) const noexcept {
    return padded(first, count).slice_rows(pad_, rows_);
  }

  // The same with them.
  Activation padded(int first, int count) const noexcept {
    assert(first >= 0 && first + count <= size_);
    return dense(storage_.data(), lanes_, capacity_, rows_ + 2 * pad_, channels_)
        .slice_frames(first, count);
  }

  void drop_front(int count) noexcept {
    assert(count <= size_);
    const Activation all = dense(storage_.data(), lanes_, capacity_, rows_ + 2 * pad_, channels_);
    const auto moved = static_cast<std::size_t>((size_ - count) * all.frame_stride);
    if (count > 0)
      for (int block = 0; block < 2 * lanes_; ++block)
        std::memmove(all.at(block, 0, 0), all.at(block, count, 0), moved * sizeof(float));
    size_ -= count;
  }

  void reset() noexcept {
    size_ = 0;
    append_silence(history_);
  }

  // One lane has heard nothing yet: all its frames are zero.
  void restart(int lane) noexcept { silence(frames(0, size_), lane); }

 private:
  void silence(const Activation& x, int lane) noexcept {
    for (const int block : {lane, lanes_ + lane})
      for (int frame = 0; frame < x.frames; ++frame)
        std::memset(x.at(block, frame, 0), 0, payload());
  }

  std::size_t payload() const noexcept {
    return static_cast<std::size_t>(rows_) * static_cast<std::size_t>(channels_) * sizeof(float);
  }

  std::span<float> storage_;
  int lanes_ = 0, capacity_ = 0, rows_ = 0, channels_ = 0, pad_ = 0, history_ = 0;
  int size_ = 0;
};

}  // namespace limpid::nn
