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
  std::int64_t row;  // floats from a row of x to the next; those of y are dense
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
    const float* x = args.x.at(place.lane, place.frame) + place.at * args.row;
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
      float* y = args.y.at(place.lane, place.frame) + std::int64_t{place.at} * args.channels;
      for (int c = first; c < args.channels; c += kTeam)
        y[c] = args.weights.apply((x[c] - mean) * scale, c);
    }
  }
};

// How a block finds mean and squares of many values: every thread sums its share, kTeams of them
// the shares of a team each, everybody those.
struct BlockMoments {
  static constexpr int kTeams = 16, kThreads = kTeams * kTeams;
  static constexpr int kShared = kThreads + kTeams;

  // Phases 0 to 3: sums of shares and of teams; with the mean, the same of squares. What a thread's
  // share adds to them is `values()` and `squares(mean)`.
  template <int Phase, class Values, class Squares>
  LIMPID_HD static void run(int thread, Complex* shared, float count, Values values,
                            Squares squares) {
    Complex* const teams = shared + kThreads;
    if constexpr (Phase % 2 == 1) {
      constexpr auto part = Phase == 1 ? &Complex::re : &Complex::im;
      if (thread < kTeams) teams[thread].*part = sum_of(shared + thread * kTeams, part);
    } else if constexpr (Phase == 0) {
      shared[thread].re = values();
    } else {
      shared[thread].im = squares(mean(shared, count));
    }
  }
  LIMPID_HD static float mean(const Complex* shared, float count) {
    return sum_of(shared + kThreads, &Complex::re) / count;
  }
  LIMPID_HD static float squares(const Complex* shared) {
    return sum_of(shared + kThreads, &Complex::im);
  }

  LIMPID_HD static float sum_of(const Complex* shares, float Complex::*part) {
    float sum = 0;
    LIMPID_UNROLL for (int i = 0; i < kTeams; ++i) sum += shares[i].*part;
    return sum;
  }
};

// Mean and variance of all rows of a frame together, in place. A block has a frame to itself.
struct FrameNormArgs {
  Frames<float> x;  // [row][channels]
  NormWeights weights;
  std::int32_t lanes, frames, rows, channels;
  std::int64_t row;  // floats from a row to the next

  LIMPID_HD float count() const { return static_cast<float>(rows * channels); }
  // f(value, channel) for a thread's share of a frame.
  template <class F>
  LIMPID_HD void each(int thread, std::int64_t block, F f) const {
    float* x_of = x.at(static_cast<int>(block / frames), static_cast<int>(block % frames));
    constexpr int kStep = BlockMoments::kThreads;
    const int down = kStep / channels,
              along = kStep % channels;  // a division for all, not for each
    float* at = x_of + thread / channels * row;
    int c = thread % channels;
    for (int r = thread / channels; r < rows; r += down) {
      f(at[c], c);
      at += down * row;
      c += along;
      if (c < channels) continue;
      c -= channels;
      at += row;
      ++r;
    }
  }
  // Phases of BlockMoments over a frame.
  template <int Phase>
  LIMPID_HD void moments(int thread, std::int64_t block, Complex* shared) const {
    BlockMoments::run<Phase>(
        thread, shared, count(),
        [&] {
          float sum = 0;
          each(thread, block, [&](float v, int) { sum += v; });
          return sum;
        },
        [&](float mean) {
          float sum = 0;
          each(thread, block, [&](float v, int) { sum += (v - mean) * (v - mean); });
          return sum;
        });
  }
};
struct FrameNorm {
  using Args = FrameNormArgs;
  static constexpr int kThreads = BlockMoments::kThreads, kShared = BlockMoments::kShared;
  static constexpr int kPhases = 5;
  static std::int64_t blocks(const Args& args) { return std::int64_t{args.lanes} * args.frames; }

  template <int Phase>
  LIMPID_HD static void run(int thread, std::int64_t block, Complex* shared, const Args& args) {
    if constexpr (Phase < 4) {
      args.moments<Phase>(thread, block, shared);
    } else {
      const float mean = BlockMoments::mean(shared, args.count());
      const float scale =
          1.0f / std::sqrt(BlockMoments::squares(shared) / args.count() + args.weights.epsilon);
      args.each(thread, block,
                [&](float& v, int c) { v = args.weights.apply((v - mean) * scale, c); });
    }
  }
};

// Mean and variance of all frames of a lane together, in place: those of every frame, of the lane
// from them, and what follows from it.
struct PlaneNormArgs {
  FrameNormArgs frames;
  Complex* moments;  // [lane][frame]: mean, sum of squares of what differs from it
  Complex* lanes;    // [lane]: mean, 1 / deviation
};
struct PlaneFrames {
  using Args = PlaneNormArgs;
  static constexpr int kThreads = BlockMoments::kThreads, kShared = BlockMoments::kShared;
  static constexpr int kPhases = 5;
  static std::int64_t blocks(const Args& args) { return FrameNorm::blocks(args.frames); }

  template <int Phase>
  LIMPID_HD static void run(int thread, std::int64_t block, Complex* shared, const Args& args) {
    if constexpr (Phase < 4)
      args.frames.moments<Phase>(thread, block, shared);
    else if (thread == 0)
      args.moments[block] = {BlockMoments::mean(shared, args.frames.count()),
                             BlockMoments::squares(shared)};
  }
};
// A block has a lane. Squares about the mean of all are those about a frame's own and the square of
// the distance between the two means, for each of its values.
struct PlaneMoments {
  using Args = PlaneNormArgs;
  static constexpr int kThreads = BlockMoments::kThreads, kShared = BlockMoments::kShared;
  static constexpr int kPhases = 5;
  static std::int64_t blocks(const Args& args) { return args.frames.lanes; }

  template <int Phase>
  LIMPID_HD static void run(int thread, std::int64_t block, Complex* shared, const Args& args) {
    const int frames = args.frames.frames;
    const Complex* of_frame = args.moments + block * frames;
    const auto sum = [&](auto what) {
      float all = 0;
      for (int frame = thread; frame < frames; frame += kThreads) all += what(of_frame[frame]);
      return all;
    };
    if constexpr (Phase < 4) {
      BlockMoments::run<Phase>(
          thread, shared, static_cast<float>(frames),
          [&] { return sum([](Complex m) { return m.re; }); },
          [&](float mean) {
            return sum([&](Complex m) {
              return m.im + args.frames.count() * (m.re - mean) * (m.re - mean);
            });
          });
    } else if (thread == 0) {
      const float count = args.frames.count() * static_cast<float>(frames);
      args.lanes[block] = {
          BlockMoments::mean(shared, static_cast<float>(frames)),
          1.0f / std::sqrt(BlockMoments::squares(shared) / count + args.frames.weights.epsilon)};
    }
  }
};
struct PlaneScale {
  using Args = PlaneNormArgs;
  static constexpr int kThreads = BlockMoments::kThreads, kShared = 0, kPhases = 1;
  static std::int64_t blocks(const Args& args) { return FrameNorm::blocks(args.frames); }

  template <int Phase>
  LIMPID_HD static void run(int thread, std::int64_t block, Complex*, const Args& args) {
    const Complex lane = args.lanes[block / args.frames.frames];
    args.frames.each(thread, block, [&](float& v, int c) {
      v = args.frames.weights.apply((v - lane.re) * lane.im, c);
    });
  }
};

}  // namespace limpid::kernels::cuda
