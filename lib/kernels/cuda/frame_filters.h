// SPDX-License-Identifier: MIT
// Short filters along the frames of a network, which lie in a row; each value of a frame by itself.
#pragma once

#include "lib/kernels/cuda/frames.h"

namespace limpid::kernels::cuda {

// y[t] = sum over j < taps of h[j] x[t - (taps - 1) + j].
struct ShortFilterArgs {
  Frames<const float> x;  // taps - 1 frames before the first are there
  Frames<float> y;
  const float* h;  // [tap][width], the last one is that of the present frame
  std::int32_t lanes, frames, width, taps;
};
struct ShortFilter {
  using Args = ShortFilterArgs;
  static constexpr int kThreads = kFrameThreads, kShared = 0, kPhases = 1;
  static std::int64_t blocks(const Args& a) {
    return frame_blocks(std::int64_t{a.lanes} * a.frames * a.width);
  }

  template <int Phase>
  LIMPID_HD static void run(int thread, std::int64_t block, Complex*, const Args& args) {
    const Place place(block * kThreads + thread, args.lanes, args.frames, args.width);
    if (place.lane == args.lanes) return;
    float sum = 0;
    for (int tap = 0; tap < args.taps; ++tap)
      sum += args.h[std::int64_t{tap} * args.width + place.at] *
             args.x.at(place.lane, place.frame - (args.taps - 1) + tap)[place.at];
    args.y.at(place.lane, place.frame)[place.at] = sum;
  }
};

}  // namespace limpid::kernels::cuda
