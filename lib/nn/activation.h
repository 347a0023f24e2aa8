// SPDX-License-Identifier: MIT
// How complex activations lie in memory: [part][lane][frame][row][channel], part = re, im.
// Part and lane together are a "block": block l is the real part of lane l, block lanes + l its
// imaginary part. Rows are frequencies; the channels of a row are contiguous.
#pragma once

#include <cstddef>

#include "lib/kernels/gemm.h"

namespace limpid::nn {

template <class T>
struct BasicActivation {
  T* data = nullptr;
  int lanes = 0, frames = 0, rows = 0, channels = 0;
  std::ptrdiff_t block_stride = 0, frame_stride = 0, row_stride = 0;

  operator BasicActivation<const T>() const noexcept {
    return {data, lanes, frames, rows, channels, block_stride, frame_stride, row_stride};
  }

  T* at(int block, int frame, int row) const noexcept {
    return data + block * block_stride + frame * frame_stride + row * row_stride;
  }

  BasicActivation slice_frames(int first, int count) const noexcept {
    BasicActivation part = *this;
    part.data += first * frame_stride;
    part.frames = count;
    return part;
  }

  BasicActivation slice_rows(int first, int count) const noexcept {
    BasicActivation part = *this;
    part.data += first * row_stride;
    part.rows = count;
    return part;
  }

  BasicActivation slice_channels(int first, int count) const noexcept {
    BasicActivation part = *this;
    part.data += first;
    part.channels = count;
    return part;
  }

  // Every `step`-th row of both parts of all lanes, `count` of them in each frame.
  kernels::Rows<T> matrix(int count, int step = 1) const noexcept {
    return {data, {2 * lanes, frames, count}, {block_stride, frame_stride, step * row_stride}};
  }
  kernels::Rows<T> matrix() const noexcept { return matrix(rows); }
};

using Activation = BasicActivation<float>;
using ConstActivation = BasicActivation<const float>;

// Dense, on memory for activation_size(...) floats.
inline Activation dense(float* data, int lanes, int frames, int rows, int channels) noexcept {
  const std::ptrdiff_t frame = static_cast<std::ptrdiff_t>(rows) * channels;
  return {data, lanes, frames, rows, channels, frame * frames, frame, channels};
}

inline std::size_t activation_size(int lanes, int frames, int rows, int channels) noexcept {
  return 2 * static_cast<std::size_t>(lanes) * static_cast<std::size_t>(frames) *
         static_cast<std::size_t>(rows) * static_cast<std::size_t>(channels);
}

}  // namespace limpid::nn
