// SPDX-License-Identifier: MIT
// Norms (norm_layers.h) of all rows of a frame together, and of all frames of a recording.
#pragma once

#include "lib/kernels/cuda/norm_layers.h"

namespace limpid::kernels::cuda {

// How a block finds mean and squares of many values: every thread sums its share, kTeams of them
// the shares of a team each, everybody those.
struct BlockMoments {
  static constexpr int kTeams = 16, kThreads = 512;
  static constexpr int kShared = kThreads + kTeams;

  // Phases 0 to 3: sums of shares and of teams; with the mean, the same of squares. What a thread's
  // share adds to them is `values()` and `squares(mean)`.
  template <int Phase, class Values, class Squares>
  LIMPID_HD static void run(int thread, Complex* shared, float count, Values values,
                            Squares squares) {
    Complex* const teams = shared + kThreads;
    if constexpr (Phase % 2 == 1) {
      constexpr auto part = Phase == 1 ? &Complex::re : &Complex::im;
      if (thread < kTeams)
        teams[thread].*part = sum_of<kThreads / kTeams, kTeams>(shared + thread, part);
    } else if constexpr (Phase == 0) {
      shared[thread].re = values();
    } else {
      shared[thread].im = squares(mean(shared, count));
    }
  }
  LIMPID_HD static float mean(const Complex* shared, float count) {
    return sum_of<kTeams, 1>(shared + kThreads, &Complex::re) / count;
  }
  LIMPID_HD static float squares(const Complex* shared) {
    return sum_of<kTeams, 1>(shared + kThreads, &Complex::im);
  }

  template <int kCount, int kStep>
  LIMPID_HD static float sum_of(const Complex* shares, float Complex::*part) {
    float sum = 0;
    LIMPID_UNROLL for (int i = 0; i < kCount; ++i) sum += shares[i * kStep].*part;
    return sum;
  }
};

// Mean and variance of all rows of a frame together, in place. A block has a frame to itself, which
// it reads from memory once; then it is near.
struct FrameNormArgs {
  Frames<float> x;  // [row][channels]
  NormWeights weights;
  std::int32_t lanes, frames, rows, channels;
  std::int64_t row;                       // floats from a row to the next
  Arithmetic stored = Arithmetic::exact;  // as of RowNormArgs

  LIMPID_HD float count() const { return static_cast<float>(rows * channels); }
  LIMPID_HD bool whole_fours() const {
    return weights.whole_fours(Alignment().of(x.data).steps(channels, row, x.lane, x.frame));
  }

  // Some neighbouring words of a frame, and those that are a thread's next.
  template <int kWidth>
  struct Walk {
    static constexpr int kStep = BlockMoments::kThreads;
    float* at;
    int r, c;         // row, and which of its words, in widths
    int down, along;  // a division for all, not for each
    int width;        // of a row
    std::int64_t row;

    LIMPID_HD Walk(int thread, float* frame, const FrameNormArgs& args, int words)
        : width(words / kWidth), row(args.row) {
      down = kStep / width;
      along = kStep % width;
      r = thread / width;
      c = thread % width;
      at = frame + r * row;
    }
    LIMPID_HD void next() {
      at += down * row;
      r += down;
      c += along;
      if (c < width) return;
      c -= width;
      at += row;
      ++r;
    }
    LIMPID_HD float* place() const { return at + c * kWidth; }
  };

  // f(four, channel) of kWidth values at a time, for a thread's share of a frame; kWrites: what
  // becomes of them is stored. Several are asked for before the first is used.
  template <class Number, int kWidth, bool kWrites, class F>
  LIMPID_HD void each(int thread, std::int64_t block, F f) const {
    constexpr int kAhead = 4 / Number::kInputs;
    Walk<kWidth> walk(thread,
                      x.at(static_cast<int>(block / frames), static_cast<int>(block % frames)),
                      *this, channels / Number::kInputs);
    while (walk.r < rows) {
      Four fours[kAhead];
      float* places[kAhead];
      int channel[kAhead];
      LIMPID_UNROLL for (int i = 0; i < kAhead; ++i) {
        places[i] = walk.r < rows ? walk.place() : nullptr;
        channel[i] = walk.c * kWidth * Number::kInputs;
        fours[i] = load_some(places[i], places[i] != nullptr ? kWidth : 0, kWidth == 4);
        walk.next();
      }
      LIMPID_UNROLL for (int i = 0; i < kAhead; ++i) {
        if (places[i] == nullptr) break;
        auto values = FourWords<Number>::from(fours[i]);
        LIMPID_UNROLL for (int part = 0; part < Number::kInputs; ++part)
            f(values.v[part], channel[i] + 4 * part);
        if constexpr (kWrites) store_some(places[i], values.words(), kWidth, kWidth == 4);
      }
    }
  }
  template <class Number, class F>
  LIMPID_HD void with_width_of(F f) const {
    if constexpr (Number::kInputs == 1)
      with_width(whole_fours(), f);
    else
      f.template operator()<4>();
  }
  template <class Number>
  LIMPID_HD float sum_of(int thread, std::int64_t block, float mean, bool squares) const {
    float sum = 0;
    with_width_of<Number>([&]<int kWidth>() {
      each<Number, kWidth, false>(thread, block, [&](const Four& four, int) {
        LIMPID_UNROLL for (int i = 0; i < kWidth; ++i) {
          const float v = four.v[i] - mean;
          sum += squares ? v * v : v;
        }
      });
    });
    return sum;
  }
  // Phases of BlockMoments over a frame.
  template <class Number, int Phase>
  LIMPID_HD void moments(int thread, std::int64_t block, Complex* shared) const {
    BlockMoments::run<Phase>(
        thread, shared, count(), [&] { return sum_of<Number>(thread, block, 0.0f, false); },
        [&](float mean) { return sum_of<Number>(thread, block, mean, true); });
  }
  template <class Number>
  LIMPID_HD void scale(int thread, std::int64_t block, float mean, float scale) const {
    with_width_of<Number>([&]<int kWidth>() {
      each<Number, kWidth, true>(
          thread, block, [&](Four& four, int c) { weights.apply<kWidth>(mean, scale, c, four); });
    });
  }
};
// Number: of what x is words.
template <class Number = Float>
struct FrameNorm {
  using Args = FrameNormArgs;
  static constexpr int kThreads = BlockMoments::kThreads, kShared = BlockMoments::kShared;
  static constexpr int kPhases = 5;
  static std::int64_t blocks(const Args& args) { return std::int64_t{args.lanes} * args.frames; }

  template <int Phase>
  LIMPID_HD static void run(int thread, std::int64_t block, Complex* shared, const Args& args) {
    if constexpr (Phase < 4) {
      args.moments<Number, Phase>(thread, block, shared);
    } else {
      const float variance = BlockMoments::squares(shared) / args.count();
      args.scale<Number>(thread, block, BlockMoments::mean(shared, args.count()),
                         1.0f / std::sqrt(variance + args.weights.epsilon));
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
template <class Number = Float>
struct PlaneFrames {
  using Args = PlaneNormArgs;
  static constexpr int kThreads = BlockMoments::kThreads, kShared = BlockMoments::kShared;
  static constexpr int kPhases = 5;
  static std::int64_t blocks(const Args& args) { return FrameNorm<>::blocks(args.frames); }

  template <int Phase>
  LIMPID_HD static void run(int thread, std::int64_t block, Complex* shared, const Args& args) {
    if constexpr (Phase < 4)
      args.frames.moments<Number, Phase>(thread, block, shared);
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
template <class Number = Float>
struct PlaneScale {
  using Args = PlaneNormArgs;
  static constexpr int kThreads = BlockMoments::kThreads, kShared = 0, kPhases = 1;
  static std::int64_t blocks(const Args& args) { return FrameNorm<>::blocks(args.frames); }

  template <int Phase>
  LIMPID_HD static void run(int thread, std::int64_t block, Complex*, const Args& args) {
    const Complex lane = args.lanes[block / args.frames.frames];
    args.frames.scale<Number>(thread, block, lane.re, lane.im);
  }
};

}  // namespace limpid::kernels::cuda
