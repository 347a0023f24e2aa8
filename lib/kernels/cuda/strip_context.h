// SPDX-License-Identifier: MIT
// The attention of context_products.h where activations are stored as numbers of 16 bits
// (strip_tiles.h) and heads have 64 features: keys become a softmax over the rows of their frame on
// their way to a fragment, so nothing writes it; that of queries is an end of their product.
// Channels and features are whole sixteens, what keys have gathered and what becomes of it has
// rows of whole 64 channels, the latter in StripOrder.
#pragma once

#include "lib/kernels/cuda/context_products.h"
#include "lib/kernels/cuda/resident_program.h"
#include "lib/kernels/cuda/strip_product.h"

namespace limpid::kernels::cuda {

// Which 64 channels of a frame a block has, and which of its other pieces.
struct StripPlace {
  static constexpr int kWords = StripOrder::kColumns / 2;
  int lane, frame, piece, column;

  LIMPID_HD static int columns(const ContextArgs& a) {
    return (a.channels + StripOrder::kColumns - 1) / StripOrder::kColumns;
  }
  static std::int64_t blocks(const ContextArgs& a, int pieces) {
    return std::int64_t{a.lanes} * a.frames * pieces * columns(a);
  }
  LIMPID_HD StripPlace(std::int64_t block, const ContextArgs& a, int pieces) {
    const Place place(block, a.lanes, a.frames, pieces * columns(a));
    lane = place.lane;
    frame = place.frame;
    piece = place.at / columns(a);
    column = place.at % columns(a);
  }
  // Words of a row of the context, and where the block's of a feature begin.
  LIMPID_HD static int pitch(const ContextArgs& a) { return columns(a) * kWords; }
  LIMPID_HD float* context(const ContextArgs& a, int feature) const {
    const std::int64_t row = (std::int64_t{lane} * a.frames + frame) * a.inner + feature;
    return a.context + row * pitch(a) + column * kWords;
  }
};

// context = softmax(keys)^T y, over the rows of a frame: a block has a head of it.
template <Arithmetic kArithmetic>
struct GatherStrips {
  using Number = NumberOf<kArithmetic>;
  using Sums = StripSums<Number, 4>;
  using Args = ContextArgs;
  static constexpr int kFeatures = 64, kWords = StripPlace::kWords, kThreads = 256;
  static constexpr int kRows = 32, kPitch = kWords + 4;  // of a tile; eight rows in different banks
  static constexpr int kFirstY = kRows * kPitch, kShared = 2 * kFirstY;
  // Peaks of features, then those of every 32nd row.
  static constexpr int kTeams = kThreads / 8, kResident = kFeatures * (1 + kTeams), kPhases = 2;

  struct Registers {
    float total[2][Warp::kLanes];  // of exponentials, of features lane / 4 and that + 8
    Sums sums;
  };

  static std::int64_t blocks(const Args& a) { return StripPlace::blocks(a, a.inner / kFeatures); }
  LIMPID_HD static int steps(const Args& a) { return (a.rows + kRows - 1) / kRows; }
  LIMPID_HD static StripPlace place(std::int64_t block, const Args& a) {
    return {block, a, a.inner / kFeatures};
  }

  // Words `word` and following of a row: keys of the block's head, channels of y.
  LIMPID_HD static const float* keys(const StripPlace& p, int row, int word, const Args& a) {
    return a.x.at(p.lane, p.frame) + std::int64_t{row} * (a.inner / 2) + p.piece * kWords + word;
  }
  LIMPID_HD static const float* values(const StripPlace& p, int row, int word, const Args& a) {
    return a.y.at(p.lane, p.frame) + std::int64_t{row} * (a.channels / 2) + p.column * kWords +
           word;
  }

  template <int Phase>
  LIMPID_HD static void prepare(int thread, std::int64_t block, float* resident, const Args& args,
                                Registers& mine) {
    float* const of_teams = resident + kFeatures;
    if constexpr (Phase == 0) {
      const StripPlace p = place(block, args);
      float peaks[8];
      LIMPID_UNROLL for (float& peak : peaks) peak = -INFINITY;
      for (int row = thread / 8; row < args.rows; row += kTeams) {
        const auto eight = FourWords<Number>::from(load_four(keys(p, row, thread % 8 * 4, args)));
        LIMPID_UNROLL for (int i = 0; i < 8; ++i) peaks[i] =
            std::fmax(peaks[i], eight.v[i / 4].v[i % 4]);
      }
      LIMPID_UNROLL for (int i = 0; i < 8; ++i)
          of_teams[thread / 8 * kFeatures + thread % 8 * 8 + i] = peaks[i];
    } else {
      if (thread < kFeatures) {
        float peak = of_teams[thread];
        for (int team = 1; team < kTeams; ++team)
          peak = std::fmax(peak, of_teams[team * kFeatures + thread]);
        resident[thread] = peak;
      }
      mine.sums.clear();
      LIMPID_UNROLL for (auto& total : mine.total) LIMPID_UNROLL for (float& of_lane : total)
          of_lane = 0;
    }
  }

  // A thread brings four words of a row of keys and of y; beyond the last row y is zero, and so is
  // what it adds.
  LIMPID_HD static void fill(int thread, std::int64_t block, int step, float* tile,
                             const Args& args) {
    const StripPlace p = place(block, args);
    const int word = thread % 8 * 4, at = thread / 8, row = step * kRows + at;
    const bool there = row < args.rows,
               channels = there && p.column * kWords + word < args.channels / 2;
    const float* const any = args.x.data;
    copy_four_later(tile + at * kPitch + word, there ? keys(p, row, word, args) : any, there);
    copy_four_later(tile + kFirstY + at * kPitch + word,
                    channels ? values(p, row, word, args) : any, channels);
  }

  // A warp has 16 features of 32 channels.
  LIMPID_HD static int first_feature(int thread) { return thread / 32 % 4 * 16; }
  LIMPID_HD static int first_word(int thread) { return thread / 128 * (kWords / 2); }

  LIMPID_HD static void add(int thread, std::int64_t, int step, const float* tile, float* resident,
                            const Args& args, Registers& mine) {
    if (!Warp::works(thread)) return;
    LIMPID_UNROLL for (int row = 0; row < kRows; row += 16) {
      FragmentX x;
      Sums::load_turned_rows(thread, tile + row * kPitch + first_feature(thread) / 2, kPitch, x);
      const int first = step * kRows + row;
      if (first + 16 <= args.rows)
        exponentials<false>(thread, resident, first, args, x, mine);
      else
        exponentials<true>(thread, resident, first, args, x, mine);
      LIMPID_UNROLL for (int pair = 0; pair < 2; ++pair) {
        FragmentW w[2];
        Sums::load_turned_columns(
            thread, tile + kFirstY + row * kPitch + first_word(thread) + pair * 8, kPitch, w);
        mine.sums.add(pair, x, w);
      }
    }
  }
  // Of a fragment of keys, rows from `first` on. kEnds: some of them may be beyond the last.
  template <bool kEnds>
  LIMPID_HD static void exponentials(int thread, const float* peaks, int first, const Args& args,
                                     FragmentX& x, Registers& mine) {
    LIMPID_UNROLL for (int i = 0; i < Warp::kLanes; ++i) LIMPID_UNROLL for (int e = 0; e < 4; ++e) {
      const int lane = Warp::lane(thread, i), row = first + lane % 4 * 2 + e / 2 * 8;
      const float peak = peaks[first_feature(thread) + lane / 4 + e % 2 * 8];
      const Complex keys = Number::values(x[i][e]);
      const float one = !kEnds || row < args.rows ? coarse_exp(keys.re - peak) : 0.0f,
                  next = !kEnds || row + 1 < args.rows ? coarse_exp(keys.im - peak) : 0.0f;
      mine.total[e % 2][i] += one + next;
      x[i][e] = Number::word(one, next);
    }
  }

  LIMPID_HD static void finish(int thread, std::int64_t block, const Args& args,
                               const Registers& mine) {
    if (!Warp::works(thread)) return;
    const StripPlace p = place(block, args);
    LIMPID_UNROLL for (int half = 0; half < 2; ++half) {
      float total[Warp::kLanes];
      LIMPID_UNROLL for (int i = 0; i < Warp::kLanes; ++i) total[i] = mine.total[half][i];
      Warp::sum_teams<4>(total);
      LIMPID_UNROLL for (int i = 0; i < Warp::kLanes; ++i) {
        const int lane = Warp::lane(thread, i);
        const int feature = p.piece * kFeatures + first_feature(thread) + lane / 4 + 8 * half;
        float* const to = p.context(args, feature) + first_word(thread) + lane % 4;
        const float scale = 1.0f / total[i];
        LIMPID_UNROLL for (int n = 0; n < 4; ++n) {
          const float* const two = mine.sums.sums[n][i] + 2 * half;
          to[4 * n] = float_of(Number::word(two[0] * scale, two[1] * scale));
        }
      }
    }
  }
};

// to += queries context + bias: a block has nine strips of a frame, so that two of them have 257
// rows.
template <Arithmetic kArithmetic>
struct AddStrips {
  using End = StripEnd<kArithmetic>;
  using Sums = typename End::Sums;
  using Args = ContextArgs;
  static constexpr int kStrip = 16, kThreads = 9 * 32, kRows = 9 * kStrip;
  static constexpr int kDepth = 16, kPitchX = kDepth + 4;
  static constexpr int kWords = StripPlace::kWords, kPitchW = kWords + 4;
  static constexpr int kFirstW = kRows * kPitchX, kShared = kFirstW + 2 * kDepth * kPitchW;
  static constexpr int kBlocks = 2;
  static constexpr bool kSettles = false;

  struct Registers {
    const float *x, *w;  // that this thread brings first; null: nothing
    Sums sums;
  };

  LIMPID_HD static int pieces(const Args& a) { return (a.rows + kRows - 1) / kRows; }
  static std::int64_t blocks(const Args& a) { return StripPlace::blocks(a, pieces(a)); }
  LIMPID_HD static int steps(const Args& a, const Registers&) {
    return (a.inner / 2 + kDepth - 1) / kDepth;
  }

  // Of x eight words of a row, of w four of a feature.
  LIMPID_HD static int x_word(int thread) { return thread % 2 * 8; }
  LIMPID_HD static int w_word(int thread) { return thread % 8 * 4; }
  LIMPID_HD static void begin(int thread, std::int64_t block, const Args& args, Registers& mine) {
    const StripPlace p(block, args, pieces(args));
    const int row = p.piece * kRows + thread / 2, feature = thread / 8;
    mine.x = row < args.rows ? args.x.at(p.lane, p.frame) + std::int64_t{row} * (args.inner / 2) +
                                   x_word(thread)
                             : nullptr;
    mine.w = feature < 2 * kDepth ? p.context(args, feature) + w_word(thread) : nullptr;
    mine.sums.clear();
  }
  LIMPID_HD static void fill(int thread, int step, float* tile, const Args& args, Registers& mine) {
    const int word = step * kDepth + x_word(thread), feature = 2 * step * kDepth + thread / 8;
    const bool x = mine.x != nullptr && word < args.inner / 2;
    LIMPID_UNROLL for (int four = 0; four < 8; four += 4)
        copy_four_later(tile + thread / 2 * kPitchX + x_word(thread) + four,
                        x ? mine.x + step * kDepth + four : args.context, x);
    if (mine.w == nullptr) return;
    const bool w = feature < args.inner;
    copy_four_later(tile + kFirstW + thread / 8 * kPitchW + w_word(thread),
                    w ? mine.w + 2 * step * kDepth * StripPlace::pitch(args) : args.context, w);
  }
  LIMPID_HD static void add(int thread, const float* tile, Registers& mine) {
    if (!Warp::works(thread)) return;
    LIMPID_UNROLL for (int word = 0; word < kDepth; word += 8) {
      FragmentX x;
      Sums::load_rows(thread, tile + thread / 32 * kStrip * kPitchX + word, kPitchX, x);
      LIMPID_UNROLL for (int pair = 0; pair < StripOrder::kColumns / 16; ++pair) {
        FragmentW w[2];
        Sums::load_turned_columns(thread, tile + kFirstW + 2 * word * kPitchW + pair * 8, kPitchW,
                                  w);
        mine.sums.add(pair, x, w);
      }
    }
  }
  LIMPID_HD static void settle(int, float*, const Registers&) {}

  LIMPID_HD static void finish(int thread, std::int64_t block, const Args& args,
                               const Registers& mine) {
    if (!Warp::works(thread)) return;
    const StripPlace p(block, args, pieces(args));
    const int first = p.piece * kRows + thread / 32 * kStrip;
    float* const frame = args.to.at(p.lane, p.frame);
    const End end{LinearEnd::add, args.channels, args.bias};
    end.write(thread, p.column * StripOrder::kColumns, mine.sums, [&](int r) {
      return first + r < args.rows ? frame + std::int64_t{first + r} * (args.channels / 2)
                                   : nullptr;
    });
  }
};

}  // namespace limpid::kernels::cuda
