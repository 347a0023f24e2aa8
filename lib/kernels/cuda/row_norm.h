// SPDX-License-Identifier: MIT
// Layer norm of rows of channels (kernels::layer_norm): 8 threads take a row.
#pragma once

#include <cmath>

#include "lib/kernels/cuda/frames.h"

namespace limpid::kernels::cuda {

// y = (x - mean) / sqrt(var + epsilon) gain + offset, mean and (biased) variance of each row by
// itself.
struct RowNormArgs {
  Frames<const float> x;  // [row][channel]
  Frames<float> y;        // may be x
  const float *gain, *offset;
  std::int32_t lanes, frames, rows, channels;
  float epsilon;
};

struct RowNorm {
  using Args = RowNormArgs;
  static constexpr int kTeam = 8, kThreads = 256, kRows = kThreads / kTeam;
  static constexpr int kShared = kThreads, kPhases = 3;
  static std::int64_t blocks(const Args& a) {
    return (std::int64_t{a.lanes} * a.frames * a.rows + kRows - 1) / kRows;
  }

  LIMPID_HD static float of_team(const Complex* team, float Complex::*part, const Args& args) {
    float sum = 0;
    LIMPID_UNROLL for (int i = 0; i < kTeam; ++i) sum += team[i].*part;
    return sum / static_cast<float>(args.channels);
  }

  // Phases: sums; with the mean, sums of squares; with both, y.
  template <int Phase>
  LIMPID_HD static void run(int thread, std::int64_t block, Complex* shared, const Args& args) {
    const Place place(block * kRows + thread / kTeam, args.lanes, args.frames, args.rows);
    if (place.lane == args.lanes) return;
    const std::int64_t row = std::int64_t{place.at} * args.channels;
    const float* x = args.x.at(place.lane, place.frame) + row;
    Complex* team = shared + thread / kTeam * kTeam;
    const int first = thread % kTeam;
    const float mean = Phase == 0 ? 0.0f : of_team(team, &Complex::re, args);
    if constexpr (Phase < 2) {
      float sum = 0;
      for (int c = first; c < args.channels; c += kTeam)
        sum += Phase == 0 ? x[c] : (x[c] - mean) * (x[c] - mean);
      (Phase == 0 ? shared[thread].re : shared[thread].im) = sum;
    } else {
      const float scale = 1.0f / std::sqrt(of_team(team, &Complex::im, args) + args.epsilon);
      float* y = args.y.at(place.lane, place.frame) + row;
      for (int c = first; c < args.channels; c += kTeam)
        y[c] = (x[c] - mean) * scale * args.gain[c] + args.offset[c];
    }
  }
};

}  // namespace limpid::kernels::cuda
