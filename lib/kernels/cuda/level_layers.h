// SPDX-License-Identifier: MIT
// LevelFeatures (models/level_features.h) on a GPU: running means bin by bin, then both
// features of every frame, for which a block adds up the means of its frame.
#pragma once

#include <cmath>

#include "lib/kernels/cuda/frames.h"

namespace limpid::kernels::cuda {

// L = ln(|scale x|^2 + floor) of the first `band` of `bins`, silence above them, and the running
// mean of L, whose memory stops growing after `horizon` frames.
struct LevelArgs {
  Frames<const float> x;
  Frames<float> y;  // every `row`-th float of a frame
  Complex* memory;  // [lane][bin]: mean, frames so far
  std::int32_t lanes, frames, band, bins, row, horizon;
  float scale;
};

// y = {L, mean}. A thread follows one bin of one lane through the call.
struct LevelMeans : EachValue<LevelMeans, LevelArgs> {
  LIMPID_HD static Extent extent(const Args& args) { return {args.lanes, 1, args.bins}; }
  LIMPID_HD static void each(const Place& place, const Args& args) {
    Complex& memory = args.memory[std::int64_t{place.lane} * args.bins + place.at];
    for (int frame = 0; frame < args.frames; ++frame) {
      float power = 0;
      if (place.at < args.band) {
        const float* x = args.x.at(place.lane, frame) + place.at;
        power = args.scale * args.scale * (x[0] * x[0] + x[args.x.imaginary] * x[args.x.imaginary]);
      }
      const float level = std::log(power + 1e-7f);
      if (memory.im < static_cast<float>(args.horizon)) memory.im += 1.0f;
      memory.re += 1.0f / memory.im * (level - memory.re);
      float* y = args.y.at(place.lane, frame) + std::int64_t{place.at} * args.row;
      y[0] = level;
      y[args.y.imaginary] = memory.re;
    }
  }
};

// {L, mean} -> {L - mean of all means, L - mean} / 4. A block makes one frame.
struct LevelDifferences {
  using Args = LevelArgs;
  static constexpr int kThreads = 64, kShared = kThreads, kPhases = 2;
  static std::int64_t blocks(const Args& a) { return std::int64_t{a.lanes} * a.frames; }

  template <int Phase>
  LIMPID_HD static void run(int thread, std::int64_t block, Complex* shared, const Args& args) {
    float* y =
        args.y.at(static_cast<int>(block / args.frames), static_cast<int>(block % args.frames));
    if constexpr (Phase == 0) {
      float sum = 0;
      for (int bin = thread; bin < args.bins; bin += kThreads)
        sum += y[std::int64_t{bin} * args.row + args.y.imaginary];
      shared[thread].re = sum;
    } else {
      float whole = 0;
      for (int other = 0; other < kThreads; ++other) whole += shared[other].re;
      whole /= static_cast<float>(args.bins);
      for (int bin = thread; bin < args.bins; bin += kThreads) {
        float* at = y + std::int64_t{bin} * args.row;
        const float level = at[0], mean = at[args.y.imaginary];
        at[0] = 0.25f * (level - whole);
        at[args.y.imaginary] = 0.25f * (level - mean);
      }
    }
  }
};

}  // namespace limpid::kernels::cuda
