// SPDX-License-Identifier: MIT
// Norms with the PReLU that follows them: y = prelu((x - mean) / sqrt(variance + epsilon) * gain +
// offset), prelu(v) = v > 0 ? v : slope v, gains, offsets and slopes per channel; those of rows by
// themselves. Of many rows together: frame_norm.h.
#pragma once

#include <cmath>

#include "lib/kernels/cuda/frames.h"
#include "lib/kernels/cuda/tile_words.h"

namespace limpid::kernels::cuda {

struct NormWeights {
  const float *gain, *offset;  // [channels]
  const float* slope;          // [channels]; null: no PReLU
  float epsilon;

  LIMPID_HD float apply(float x, int c) const {
    const float v = x * gain[c] + offset[c];
    return slope == nullptr || v > 0 ? v : slope[c] * v;
  }
  // Of kWidth values, 1 or 4, from channel c on, which become those that are normed.
  template <int kWidth>
  LIMPID_HD void apply(float mean, float scale, int c, Four& x) const {
    const auto of = [c](const float* weights) {
      return load_some(weights + c, kWidth, kWidth == 4);
    };
    const Four gains = of(gain), offsets = of(offset),
               slopes = slope != nullptr ? of(slope) : Four{{1, 1, 1, 1}};
    LIMPID_UNROLL for (int i = 0; i < kWidth; ++i) {
      const float v = (x.v[i] - mean) * scale * gains.v[i] + offsets.v[i];
      x.v[i] = v > 0 ? v : slopes.v[i] * v;
    }
  }
  // Whether four may be had at once, of these and of what is normed with them.
  LIMPID_HD bool whole_fours(Alignment alignment) const {
    return alignment.of(gain).of(offset).of(slope).whole(4);
  }
};

// f.template operator()<kWidth>(): values that a thread takes at a time.
template <class F>
LIMPID_HD void with_width(bool whole_fours, F f) {
  if (whole_fours)
    f.template operator()<4>();
  else
    f.template operator()<1>();
}

// f.template operator()<Number>(): of what activations are words.
template <class F>
auto with_stored(Arithmetic stored, F f) {
  if (stored == Arithmetic::fp16) return f.template operator()<NumberOf<Arithmetic::fp16>>();
  if (stored == Arithmetic::bf16) return f.template operator()<NumberOf<Arithmetic::bf16>>();
  return f.template operator()<Float>();
}

// Mean and variance of each row by itself: 8 threads take a row, which they read from memory once;
// then it is near.
struct RowNormArgs {
  Frames<const float> x;  // [row][channel]
  Frames<float> y;        // may be x
  NormWeights weights;
  std::int32_t lanes, frames, rows, channels;
  std::int64_t row;  // floats from a row of x to the next; those of y are dense
  // Of fp16 and bf16 x and y are words of two such numbers, whole fours of them.
  Arithmetic stored = Arithmetic::exact;

  LIMPID_HD bool whole_fours() const {
    return weights.whole_fours(
        Alignment().of(x.data).of(y.data).steps(channels, row, x.lane, x.frame, y.lane, y.frame));
  }
};

// Number: of what x and y are words.
template <class Number = Float>
struct RowNorm {
  using Args = RowNormArgs;
  static constexpr int kTeam = 8, kThreads = 256, kRows = kThreads / kTeam;
  static constexpr int kShared = 0, kPhases = 1;
  static std::int64_t blocks(const Args& a) {
    return (std::int64_t{a.lanes} * a.frames * a.rows + kRows - 1) / kRows;
  }

  template <int Phase>
  LIMPID_HD static void run(int thread, std::int64_t block, Complex*, const Args& args) {
    if (!Warp::works(thread)) return;
    if constexpr (Number::kInputs == 1)
      with_width(args.whole_fours(), [&]<int kWidth>() { norm<kWidth>(thread, block, args); });
    else
      norm<4>(thread, block, args);
  }

 private:
  using Words = FourWords<Number>;

  // Where a lane's row lies, if there is one, and which of its words are the lane's.
  struct Mine {
    const float* x = nullptr;
    float* y = nullptr;
    int first = 0, words = 0;

    // f(fours, word) of its kWidth words at a time.
    template <int kWidth, class F>
    LIMPID_HD void each(F f) const {
      for (int word = first * kWidth; word < words; word += kTeam * kWidth) {
        Words fours = Words::from(load_some(x + word, kWidth, kWidth == 4));
        f(fours, word);
      }
    }
    template <int kWidth>
    LIMPID_HD float sum_of(float mean, bool squares) const {
      float sum = 0;
      each<kWidth>([&](const Words& fours, int) {
        LIMPID_UNROLL for (const Four& four : fours.v)
            LIMPID_UNROLL for (int i = 0; i < kWidth; ++i) {
          const float v = four.v[i] - mean;
          sum += squares ? v * v : v;
        }
      });
      return sum;
    }
  };

  LIMPID_HD static Mine mine(int thread, std::int64_t block, const Args& args) {
    const Place place(block * kRows + thread / kTeam, args.lanes, args.frames, args.rows);
    if (place.lane == args.lanes) return {};
    const int words = args.channels / Number::kInputs;
    return {args.x.at(place.lane, place.frame) + place.at * args.row,
            args.y.at(place.lane, place.frame) + std::int64_t{place.at} * words, thread % kTeam,
            words};
  }

  template <int kWidth>
  LIMPID_HD static void norm(int thread, std::int64_t block, const Args& args) {
    Mine mine[Warp::kLanes];
    float mean[Warp::kLanes], squares[Warp::kLanes];
    const auto count = static_cast<float>(args.channels);
    LIMPID_UNROLL for (int i = 0; i < Warp::kLanes; ++i) {
      mine[i] = RowNorm::mine(thread + i, block, args);
      mean[i] = mine[i].template sum_of<kWidth>(0.0f, false);
    }
    Warp::sum_teams<kTeam>(mean);
    LIMPID_UNROLL for (int i = 0; i < Warp::kLanes; ++i) {
      mean[i] /= count;
      squares[i] = mine[i].template sum_of<kWidth>(mean[i], true);
    }
    Warp::sum_teams<kTeam>(squares);
    LIMPID_UNROLL for (int i = 0; i < Warp::kLanes; ++i) {
      const float scale = 1.0f / std::sqrt(squares[i] / count + args.weights.epsilon);
      mine[i].template each<kWidth>([&](Words& fours, int word) {
        int c = word * Number::kInputs;
        for (Four& four : fours.v) {
          args.weights.apply<kWidth>(mean[i], scale, c, four);
          c += 4;
        }
        store_some(mine[i].y + word, fours.words(), kWidth, kWidth == 4);
      });
    }
  }
};

}  // namespace limpid::kernels::cuda
