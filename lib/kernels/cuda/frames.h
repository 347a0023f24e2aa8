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
  std::int64_t index;
  int lane, frame, at;
  LIMPID_HD Place(std::int64_t i, int lanes, int frames, int width) : index(i) {
    if (index <= UINT32_MAX)  // as nearly always, and cheaper
      find(static_cast<std::uint32_t>(index), static_cast<std::uint32_t>(lanes),
           static_cast<std::uint32_t>(frames), static_cast<std::uint32_t>(width));
    else
      find(index, std::int64_t{lanes}, std::int64_t{frames}, std::int64_t{width});
  }

 private:
  template <class Index>
  LIMPID_HD void find(Index rest, Index lanes, Index frames, Index width) {
    at = static_cast<int>(rest % width);
    rest /= width;
    frame = static_cast<int>(rest % frames);
    rest /= frames;
    lane = static_cast<int>(rest < lanes ? rest : lanes);
  }
};

inline constexpr int kFrameThreads = 256;
inline std::int64_t frame_blocks(std::int64_t values) {
  return (values + kFrameThreads - 1) / kFrameThreads;
}

// Lanes of so many frames of so many values.
struct Extent {
  std::int32_t lanes, frames, width;
};

// A Program (host_device.h) with a thread for each value:
//
//   struct Each : EachValue<Each, EachArgs> {
//     static Extent extent(const Args&);
//     static void each(const Place&, const Args&);
//   };
template <class Each, class Arguments>
struct EachValue {
  using Args = Arguments;
  static constexpr int kThreads = kFrameThreads, kShared = 0, kPhases = 1;
  static std::int64_t blocks(const Args& args) {
    const Extent all = Each::extent(args);
    return frame_blocks(std::int64_t{all.lanes} * all.frames * all.width);
  }

  template <int Phase>
  LIMPID_HD static void run(int thread, std::int64_t block, Complex*, const Args& args) {
    const Extent all = Each::extent(args);
    const Place place(block * kThreads + thread, all.lanes, all.frames, all.width);
    if (place.lane != all.lanes) Each::each(place, args);
  }
};

}  // namespace limpid::kernels::cuda
