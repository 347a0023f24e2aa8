// SPDX-License-Identifier: MIT
// Norms with the PReLU that follows them: y = prelu((x - mean) / sqrt(variance + epsilon) * gain +
// offset), prelu(v) = v > 0 ? v : slope v, gains, offsets and slopes per channel.
#pragma once

#include <cmath>

#include "lib/kernels/cuda/frames.h"

namespace limpid::kernels::cuda {

struct NormWeights {
  const float *gain, *offset;  // [channels]
  const float* slope;          // [channels]; null: no PReLU
  float epsilon;

  LIMPID_HD float apply(float x, int c) const {
    const float v = x * gain[c] + offset[c];
    return slope == nullptr || v > 0 ? v : slope[c] * v;
  }
};

// Mean and variance of each row by itself: 8 threads take a row.
struct RowNormArgs {
  Frames<const float> x;  // [row][channel]
  Frames<float> y;        // may be x
  NormWeights weights;
  std::int32_t lanes, frames, rows, channels;
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
      const float scale =
          1.0f / std::sqrt(of_team(team, &Complex::im, args) + args.weights.epsilon);
      float* y = args.y.at(place.lane, place.frame) + row;
      for (int c = first; c < args.channels; c += kTeam)
        y[c] = args.weights.apply((x[c] - mean) * scale, c);
    }
  }
};

// Mean and variance of all rows of a frame together, in place. A block has a frame to itself: every
// thread sums its share, kTeams of them the shares of a team each, everybody those.
struct FrameNormArgs {
  Frames<float> x;  // [row][channels]
  NormWeights weights;
  std::int32_t lanes, frames, rows, channels;
  std::int64_t row;  // floats from a row to the next
};
struct FrameNorm {
  using Args = FrameNormArgs;
  static constexpr int kTeams = 16, kThreads = kTeams * kTeams;
  static constexpr int kShared = kThreads + kTeams, kPhases = 5;
  static std::int64_t blocks(const Args& args) { return std::int64_t{args.lanes} * args.frames; }

  LIMPID_HD static float sum_of(const Complex* shares, float Complex::*part) {
    float sum = 0;
    LIMPID_UNROLL for (int i = 0; i < kTeams; ++i) sum += shares[i].*part;
    return sum;
  }

  // Phases: sums of shares and of teams; with the mean, the same of squares; with both, y.
  template <int Phase>
  LIMPID_HD static void run(int thread, std::int64_t block, Complex* shared, const Args& args) {
    Complex* const teams = shared + kThreads;
    if constexpr (Phase % 2 == 1) {
      constexpr auto part = Phase == 1 ? &Complex::re : &Complex::im;
      if (thread < kTeams) teams[thread].*part = sum_of(shared + thread * kTeams, part);
    } else {
      float* x =
          args.x.at(static_cast<int>(block / args.frames), static_cast<int>(block % args.frames));
      const int all = args.rows * args.channels;
      const auto count = static_cast<float>(all);
      const float mean = Phase == 0 ? 0.0f : sum_of(teams, &Complex::re) / count;
      const float scale =
          Phase < 4 ? 1.0f
                    : 1.0f / std::sqrt(sum_of(teams, &Complex::im) / count + args.weights.epsilon);
      float sum = 0;
      for (int i = thread; i < all; i += kThreads) {
        float& at = x[i / args.channels * args.row + i % args.channels];
        if constexpr (Phase == 0) sum += at;
        if constexpr (Phase == 2) sum += (at - mean) * (at - mean);
        if constexpr (Phase == 4) at = args.weights.apply((at - mean) * scale, i % args.channels);
      }
      if constexpr (Phase == 0) shared[thread].re = sum;
      if constexpr (Phase == 2) shared[thread].im = sum;
    }
  }
};

}  // namespace limpid::kernels::cuda
