// SPDX-License-Identifier: MIT
// The attention of context_products.h where activations are stored as numbers of 16 bits
// (strip_tiles.h) and heads have 64 features: what keys gather. They become a softmax on their way
// to a fragment, so nothing writes that; queries, which nothing writes at all, are in
// strip_queries.h. Channels are whole sixteens, at most 64 of them; what keys have gathered and
// what becomes of it has rows of 64, the latter in StripOrder.
#pragma once

#include "lib/kernels/cuda/context_products.h"
#include "lib/kernels/cuda/resident_program.h"
#include "lib/kernels/cuda/strip_product.h"

namespace limpid::kernels::cuda {

// Which frame a block has, and which of its pieces.
struct StripPlace {
  static constexpr int kFeatures = 64;                                          // of a head
  static constexpr int kWords = StripOrder::kColumns / 2, kPitch = kWords + 4;  // of rows in a tile
  std::uint32_t sequence;  // counts frames of all lanes
  int lane, frame, piece;

  static std::int64_t blocks(const ContextArgs& a, int pieces) {
    return std::int64_t{a.lanes} * a.frames * pieces;
  }
  LIMPID_HD StripPlace(std::int64_t block, const ContextArgs& a, int pieces) {
    const auto of_frame = static_cast<std::uint32_t>(pieces),
               frames = static_cast<std::uint32_t>(a.frames);
    sequence = static_cast<std::uint32_t>(block) / of_frame;
    piece = static_cast<int>(static_cast<std::uint32_t>(block) - sequence * of_frame);
    lane = static_cast<int>(sequence / frames);
    frame = static_cast<int>(sequence % frames);
  }
  LIMPID_HD float* context(const ContextArgs& a, int feature) const {
    return a.context + (std::int64_t{sequence} * a.inner + feature) * kWords;
  }
};

// context = softmax(keys)^T y, over the rows of a frame: a block has a head of it.
template <Arithmetic kArithmetic>
struct GatherStrips {
  using Number = NumberOf<kArithmetic>;
  using Sums = StripSums<Number, 4>;
  using Args = ContextArgs;
  static constexpr int kFeatures = StripPlace::kFeatures, kWords = StripPlace::kWords;
  static constexpr int kThreads = 256, kRows = 32, kPitch = StripPlace::kPitch;  // of a tile
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
    return a.y.at(p.lane, p.frame) + std::int64_t{row} * (a.channels / 2) + word;
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
    const bool there = row < args.rows, channels = there && word < args.channels / 2;
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

}  // namespace limpid::kernels::cuda
