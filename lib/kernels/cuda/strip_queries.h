// SPDX-License-Identifier: MIT
// What queries find in a context (strip_context.h).
#pragma once

#include "lib/kernels/cuda/strip_context.h"

namespace limpid::kernels::cuda {

// to += softmax(x query) context + bias, head after head: a block has nine strips of a frame, so
// that two of them have 257 rows.
template <Arithmetic kArithmetic>
struct QueryStrips {
  using Number = NumberOf<kArithmetic>;
  using End = StripEnd<kArithmetic>;
  using Sums = typename End::Sums;
  using Args = ContextArgs;
  static constexpr int kFeatures = StripPlace::kFeatures, kWords = StripPlace::kWords;
  static constexpr int kStrip = 16, kThreads = 9 * 32, kRows = 9 * kStrip;
  static constexpr int kPitch = StripPlace::kPitch, kPhases = 1;
  // Rows of x stay; a tile has a head's weights of queries, and what they find.
  static constexpr int kResident = kRows * kPitch;
  static constexpr int kFirstW = kFeatures * kPitch, kShared = 2 * kFirstW;

  struct Registers {
    Sums sums;
  };

  LIMPID_HD static int pieces(const Args& a) { return (a.rows + kRows - 1) / kRows; }
  static std::int64_t blocks(const Args& a) { return StripPlace::blocks(a, pieces(a)); }
  LIMPID_HD static int steps(const Args& a) { return a.inner / kFeatures; }

  // f(row, word) for each four words of a tile's rows that are a thread's.
  template <int kCount, class F>
  LIMPID_HD static void each(int thread, F f) {
    LIMPID_NO_UNROLL for (int piece = thread; piece < kCount * kWords / 4; piece += kThreads)
        f(piece / (kWords / 4), piece % (kWords / 4) * 4);
  }

  template <int Phase>
  LIMPID_HD static void prepare(int thread, std::int64_t block, float* resident, const Args& args,
                                Registers& mine) {
    const StripPlace p(block, args, pieces(args));
    const float* const frame = args.x.at(p.lane, p.frame);
    const int words = args.channels / 2, rows = args.rows - p.piece * kRows;
    each<kRows>(thread, [&](int row, int word) {
      const bool there = row < rows && word < words;
      const std::int64_t at = std::int64_t{p.piece * kRows + row} * words + word;
      *reinterpret_cast<Four*>(resident + row * kPitch + word) =
          there ? load_four(frame + at) : Four{{0, 0, 0, 0}};
    });
    mine.sums.clear();
  }

  LIMPID_HD static void fill(int thread, std::int64_t block, int step, float* tile,
                             const Args& args) {
    const StripPlace p(block, args, pieces(args));
    const int words = args.channels / 2, first = step * kFeatures;
    each<kFeatures>(thread, [&](int column, int word) {
      const bool there = word < words;
      const float* const from =
          there ? args.weights + (first + column) * words + word : args.weights;
      copy_four_later(tile + Sums::column_at(column, word, kPitch), from, there);
      copy_four_later(tile + kFirstW + column * kPitch + word,
                      p.context(args, first + column) + word, true);
    });
  }

  LIMPID_HD static void add(int thread, std::int64_t, int, const float* tile, float* resident,
                            const Args& args, Registers& mine) {
    if (!Warp::works(thread)) return;
    Sums queries;
    queries.clear();
    LIMPID_NO_UNROLL for (int word = 0; word < args.channels / 2; word += 8) {
      FragmentX x;
      Sums::load_rows(thread, resident + thread / 32 * kStrip * kPitch + word, kPitch, x);
      LIMPID_UNROLL for (int pair = 0; pair < kFeatures / 16; ++pair) {
        FragmentW w[2];
        Sums::load_columns(thread, tile + pair * 16 * kPitch + word, kPitch, w);
        queries.add(pair, x, w);
      }
    }
    softmax(queries);
    LIMPID_UNROLL for (int part = 0; part < kFeatures / 16; ++part) {
      FragmentX x;
      LIMPID_UNROLL for (int i = 0; i < Warp::kLanes; ++i)
          LIMPID_UNROLL for (int e = 0; e < 4; ++e) {
        const float* const two = queries.sums[2 * part + e / 2][i] + e % 2 * 2;
        x[i][e] = Number::word(two[0], two[1]);
      }
      LIMPID_UNROLL for (int pair = 0; pair < StripOrder::kColumns / 16; ++pair) {
        FragmentW w[2];
        Sums::load_transposed_columns(thread, tile + kFirstW + part * 16 * kPitch + pair * 8,
                                      kPitch, w);
        mine.sums.add(pair, x, w);
      }
    }
  }
  // Over all columns, which four lanes have.
  LIMPID_HD static void softmax(Sums& queries) {
    LIMPID_UNROLL for (int half = 0; half < 2; ++half) {
      float peak[Warp::kLanes], total[Warp::kLanes];
      const auto each = [&](auto what) {
        LIMPID_UNROLL for (int i = 0; i < Warp::kLanes; ++i)
            LIMPID_UNROLL for (auto& fragment : queries.sums)
                LIMPID_UNROLL for (int c = 0; c < 2; ++c) what(i, fragment[i][2 * half + c]);
      };
      LIMPID_UNROLL for (int i = 0; i < Warp::kLanes; ++i) {
        peak[i] = -INFINITY;
        total[i] = 0;
      }
      each([&](int i, float& v) { peak[i] = std::fmax(peak[i], v); });
      Warp::reduce_teams<4>(peak, [](float a, float b) { return std::fmax(a, b); });
      each([&](int i, float& v) { total[i] += v = coarse_exp(v - peak[i]); });
      Warp::sum_teams<4>(total);
      LIMPID_UNROLL for (float& sum : total) sum = 1.0f / sum;
      each([&](int i, float& v) { v *= total[i]; });
    }
  }

  LIMPID_HD static void finish(int thread, std::int64_t block, const Args& args,
                               const Registers& mine) {
    if (!Warp::works(thread)) return;
    const StripPlace p(block, args, pieces(args));
    const int first = p.piece * kRows + thread / 32 * kStrip;
    float* const frame = args.to.at(p.lane, p.frame);
    const End end{LinearEnd::add, args.channels, args.bias};
    end.write(thread, 0, mine.sums, [&](int r) {
      return first + r < args.rows ? frame + std::int64_t{first + r} * (args.channels / 2)
                                   : nullptr;
    });
  }
};

}  // namespace limpid::kernels::cuda
