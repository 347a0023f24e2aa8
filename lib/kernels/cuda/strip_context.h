// SPDX-License-Identifier: MIT
// The attention of context_products.h where activations are stored as numbers of 16 bits
// (strip_tiles.h) and heads have 64 features: what keys gather. Neither they nor queries, which are
// in strip_queries.h, are ever written: they are made where they are used, and their sums are,
// after the softmax, inputs of the next product at once, as in strip_perceptron.h. Channels are
// whole sixteens, at most 64 of them; a context has rows of 64. Features lie in StripOrder there,
// as weights do, and so do channels of what becomes of it.
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

// context = softmax(x key)^T y, over the rows of a frame: a block has a head of it. Keys are made
// twice, for their peaks and for their exponentials: that is less than bringing them.
template <Arithmetic kArithmetic>
struct GatherStrips {
  using Number = NumberOf<kArithmetic>;
  using Sums = StripSums<Number, 4>;
  using Args = ContextArgs;
  static constexpr int kFeatures = StripPlace::kFeatures, kWords = StripPlace::kWords;
  static constexpr int kThreads = 256, kRows = 32, kPitch = StripPlace::kPitch, kPhases = 1;
  // A head's weights of keys stay; a tile has rows of x and of y.
  static constexpr int kResident = kFeatures * kPitch;
  static constexpr int kFirstY = kRows * kPitch, kShared = 2 * kFirstY;

  struct Registers {
    float peak[2][Warp::kLanes], total[2][Warp::kLanes];  // of features lane / 4 and that + 8
    Sums sums;
  };

  static std::int64_t blocks(const Args& a) { return StripPlace::blocks(a, a.inner / kFeatures); }
  LIMPID_HD static int walk(const Args& a) { return (a.rows + kRows - 1) / kRows; }
  LIMPID_HD static int steps(const Args& a) { return 2 * walk(a); }
  LIMPID_HD static StripPlace place(std::int64_t block, const Args& a) {
    return {block, a, a.inner / kFeatures};
  }

  template <int Phase>
  LIMPID_HD static void prepare(int thread, std::int64_t block, float* resident, const Args& args,
                                Registers& mine) {
    const int words = args.channels / 2, first = place(block, args).piece * kFeatures;
    for (int at = thread; at < kFeatures * kWords / 4; at += kThreads) {
      const int feature = at / (kWords / 4), word = at % (kWords / 4) * 4;
      *reinterpret_cast<Four*>(resident + feature * kPitch + word) =
          word < words ? load_four(args.weights + (first + feature) * words + word)
                       : Four{{0, 0, 0, 0}};
    }
    mine.sums.clear();
    LIMPID_UNROLL for (int half = 0; half < 2; ++half)
        LIMPID_UNROLL for (int i = 0; i < Warp::kLanes; ++i) {
      mine.peak[half][i] = -INFINITY;
      mine.total[half][i] = 0;
    }
  }

  // A thread brings four words of a row of x, the second time of y too; zeros beyond the last.
  LIMPID_HD static void fill(int thread, std::int64_t block, int step, float* tile,
                             const Args& args) {
    const StripPlace p = place(block, args);
    const int word = thread % 8 * 4, at = thread / 8, row = step % walk(args) * kRows + at;
    const bool there = row < args.rows && word < args.channels / 2;
    const std::int64_t from = std::int64_t{row} * (args.channels / 2) + word;
    const auto bring = [&](float* to, const Frames<const float>& rows) {
      copy_four_later(to, there ? rows.at(p.lane, p.frame) + from : rows.data, there);
    };
    bring(tile + Sums::column_at(at, word, kPitch), args.x);
    if (step >= walk(args)) bring(tile + kFirstY + at * kPitch + word, args.y);
  }

  // A warp has 16 features of 32 channels.
  LIMPID_HD static int first_feature(int thread) { return thread / 32 % 4 * 16; }
  LIMPID_HD static int first_word(int thread) { return thread / 128 * (kWords / 2); }

  LIMPID_HD static void add(int thread, std::int64_t, int step, const float* tile, float* resident,
                            const Args& args, Registers& mine) {
    if (!Warp::works(thread)) return;
    Sums keys;  // features in rows, rows of x in columns
    keys.clear();
    LIMPID_NO_UNROLL for (int word = 0; word < args.channels / 2; word += 8) {
      FragmentX features;
      Sums::load_rows(thread, resident + first_feature(thread) * kPitch + word, kPitch, features);
      LIMPID_UNROLL for (int pair = 0; pair < 2; ++pair) {
        FragmentW rows[2];
        Sums::load_columns(thread, tile + pair * 16 * kPitch + word, kPitch, rows);
        keys.add(pair, features, rows);
      }
    }
    const int first = step % walk(args) * kRows;
    if (step < walk(args)) return find_peaks(thread, keys, args.rows - first, mine);
    if (step == walk(args))
      LIMPID_UNROLL for (auto& peak : mine.peak)
          Warp::reduce_teams<4>(peak, [](float a, float b) { return std::fmax(a, b); });
    LIMPID_UNROLL for (int part = 0; part < kRows / 16; ++part) {
      FragmentX x;
      exponentials(thread, keys, part, args.rows - first, x, mine);
      LIMPID_UNROLL for (int pair = 0; pair < 2; ++pair) {
        FragmentW w[2];
        Sums::load_transposed_columns(
            thread, tile + kFirstY + part * 16 * kPitch + first_word(thread) + pair * 8, kPitch, w);
        mine.sums.add(pair, x, w);
      }
    }
  }
  // Of keys as far as there are rows.
  LIMPID_HD static void find_peaks(int thread, const Sums& keys, int rows, Registers& mine) {
    LIMPID_UNROLL for (int n = 0; n < kRows / 8; ++n)
        LIMPID_UNROLL for (int i = 0; i < Warp::kLanes; ++i)
            LIMPID_UNROLL for (int e = 0; e < 4; ++e) {
      float& peak = mine.peak[e / 2][i];
      if (n * 8 + Warp::lane(thread, i) % 4 * 2 + e % 2 < rows)
        peak = std::fmax(peak, keys.sums[n][i][e]);
    }
  }
  // Of 16 rows, as a fragment with features in its rows: sums lie as it needs them.
  LIMPID_HD static void exponentials(int thread, const Sums& keys, int part, int rows, FragmentX& x,
                                     Registers& mine) {
    LIMPID_UNROLL for (int i = 0; i < Warp::kLanes; ++i) LIMPID_UNROLL for (int e = 0; e < 4; ++e) {
      const int n = 2 * part + e / 2, row = n * 8 + Warp::lane(thread, i) % 4 * 2;
      const float* const two = keys.sums[n][i] + e % 2 * 2;
      const float peak = mine.peak[e % 2][i];
      const float one = row < rows ? coarse_exp(two[0] - peak) : 0.0f,
                  next = row + 1 < rows ? coarse_exp(two[1] - peak) : 0.0f;
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
