// SPDX-License-Identifier: MIT
// Frames of lanes, for kernels with one thread for each value.
#pragma once

#include <cstdint>

#include "lib/kernels/cuda/host_device.h"

namespace limpid::kernels::cuda {

// Frame f of lane l is at data + l*lane + f*frame, its imaginary part `imaginary` floats further.
template <class T>
struct Frames {
  T* data;
  std::int64_t lane, frame, imaginary;
  LIMPID_HD T* at(int l, int f) const { return data + l * lane + f * frame; }
};

// Whether a frame belongs to the stream: where a network looks ahead, a layer's first frames lie
// before its beginning. One float a frame, 0 or 1; without data, all do.
using Alive = Frames<const float>;
LIMPID_HD bool is_alive(const Alive& alive, int lane, int frame) {
  return alive.data == nullptr || *alive.at(lane, frame) != 0;
}

// Which lane, frame and place in a frame a thread works on; lane == lanes beyond the last.
struct Place {
  int lane, frame, at;
  LIMPID_HD Place(std::int64_t index, int lanes, int frames, int width) {
    if (index <= UINT32_MAX)  // as nearly always, and cheaper
      find(static_cast<std::uint32_t>(index), static_cast<std::uint32_t>(lanes),
           static_cast<std::uint32_t>(frames), static_cast<std::uint32_t>(width));
    else
      find(index, std::int64_t{lanes}, std::int64_t{frames}, std::int64_t{width});
  }

 private:
  template <class Index>
  LIMPID_HD void find(Index index, Index lanes, Index frames, Index width) {
    at = static_cast<int>(index % width);
    index /= width;
    frame = static_cast<int>(index % frames);
    index /= frames;
    lane = static_cast<int>(index < lanes ? index : lanes);
  }
};

inline constexpr int kFrameThreads = 256;
inline std::int64_t frame_blocks(std::int64_t values) {
  return (values + kFrameThreads - 1) / kFrameThreads;
}

}  // namespace limpid::kernels::cuda
