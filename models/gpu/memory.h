// SPDX-License-Identifier: MIT
// What a network keeps on a GPU: activations with the frames that layers look back on, and how a
// stream forgets them.
#pragma once

#include <vector>

#include "lib/kernels/cuda/layers.h"
#include "lib/nn/activation.h"

namespace limpid::models {

// Frames of a call behind the `history` frames before it, with `pad` rows of zeros below and above.
struct GpuTimeline {
  float* data = nullptr;
  int lanes = 0, capacity = 0, rows = 0, channels = 0, history = 0, pad = 0;

  // `count` frames from the first one that is kept, with and without the padding; and of this call.
  nn::Activation padded(int first, int count) const noexcept {
    return nn::dense(data, lanes, capacity, rows + 2 * pad, channels).slice_frames(first, count);
  }
  nn::Activation frames(int first, int count) const noexcept {
    return padded(first, count).slice_rows(pad, rows);
  }
  nn::Activation fresh(int count) const noexcept { return frames(history, count); }
};

class GpuMemory {
 public:
  // The queue must outlive it.
  GpuMemory(kernels::cuda::LayerQueue& queue, int lanes, int max_frames)
      : queue_(queue), lanes_(lanes), max_frames_(max_frames) {}

  kernels::cuda::LayerQueue& queue() const noexcept { return queue_; }
  int lanes() const noexcept { return lanes_; }
  int max_frames() const noexcept { return max_frames_; }

  Result<float*> scratch(std::size_t floats) { return queue_.claim(floats); }
  Status frames(float*& data, int floats);  // so many for every frame of every lane
  // `parts`: 2 for complex frames, 1 for real ones.
  Status timeline(GpuTimeline& timeline, int rows, int channels, int history, int pad = 0,
                  int parts = 2);
  // Of every lane `floats` in each part, which frames do not move: [part][lane][floats].
  Status state(float*& data, int floats, int parts = 2);
  // A full call leaves so many floats of a lane alone, on average.
  void rests(int floats) noexcept { resting_ += floats; }
  std::size_t at_rest() const noexcept {  // bytes
    return sizeof(float) * static_cast<std::size_t>(lanes_) * static_cast<std::size_t>(resting_);
  }

  Status shift_history(int frames) const;      // at the end of a call of so many
  Status restart(int first, int count) const;  // lanes

 private:
  kernels::cuda::LayerQueue& queue_;
  int lanes_, max_frames_;
  std::int64_t resting_ = 0;
  std::vector<kernels::cuda::LayerMemory> histories_, states_;
};

// Views of an activation as kernels take them.
template <class T>
kernels::cuda::Frames<T> frames_of(nn::Activation x) {
  return {x.data, x.block_stride, x.frame_stride, x.lanes * x.block_stride};
}

// Every `step`-th row, `rows` of them in each of `frames` frames.
template <class T>
kernels::cuda::ComplexRows<T> rows_of(nn::Activation x, int frames, int rows, int step = 1) {
  return {x.data,
          {x.lanes, frames, rows},
          {x.block_stride, x.frame_stride, step * x.row_stride},
          x.lanes * x.block_stride};
}
template <class T>
kernels::cuda::ComplexRows<T> rows_of(nn::Activation x) {
  return rows_of<T>(x, x.frames, x.rows);
}

}  // namespace limpid::models
