// SPDX-License-Identifier: MIT
// Y = leaky(scale * (X W) + shift) for complex X and complex or real W: every convolution,
// transposed convolution and linear layer of a complex network, with its bias, batch norm and
// activation (FRCRN section 1.5), and the transforms in front of it and behind it. Rows of X are
// read in place, as kernels::gemm does it: they may overlap, and come in segments, one for each
// time tap.
#pragma once

#include <cstdint>

#include "lib/kernels/cuda/complex_rows.h"
#include "lib/kernels/cuda/product_sums.h"
#include "lib/kernels/cuda/tile_words.h"

namespace limpid::kernels::cuda {

// Columns of outputs in a block: 128, 64, 32 or 16; rows: what leaves every thread 4 x 4 outputs.
// Those of 128 are two sets of sums of 64, for which x is brought, rounded and loaded from shared
// memory but once.
template <int kColumns, ProductKind kKind, Arithmetic kArithmetic = Arithmetic::exact>
struct ComplexProduct {
  static constexpr int kSets = kColumns == 128 ? 2 : 1, kOfSet = kColumns / kSets;
  using Parts = ProductParts<kKind>;
  using Number = NumberOf<kArithmetic>;
  using Sums = SumsOf<kArithmetic, ExactSums<kOfSet, Parts>, kOfSet, Parts>;
  using Args = ComplexProductArgs;
  static constexpr int kInputs = Number::kInputs;  // of a word
  static constexpr bool kPairs = kInputs == 2;
  static constexpr bool kMayBePacked = kPairs && kKind == ProductKind::real_weights;
  static constexpr int kWords = kPairs ? 2 : 1;  // neighbours of a row that a thread brings
  using Words = Staged<Number, kWords>;
  static constexpr bool kSettles = Words::kSettles;
  static constexpr int kThreads = 256;
  static constexpr int kRows = kThreads * 16 / kOfSet;

  // What lies in shared memory: a step's inputs. Rows of pairs lie along words, with four more
  // between them, so that 8 of them are in different banks.
  struct Tile {
    static constexpr bool kAlongWords = kPairs;
    static constexpr int kDepth = !kPairs || kOfSet == 64 ? 16 : 8;
    static constexpr int kPitchX = kPairs ? kDepth + 4 : kRows + Sums::kPadX;
    static constexpr int kPitchW = kColumns + Sums::kPadW;
    static constexpr int kX = kPairs ? kRows * kPitchX : kDepth * kPitchX;  // one part
    static constexpr int kW = kDepth * kPitchW;
    static constexpr int kFirstW = (Parts::kX ? 2 : 1) * kX;
    LIMPID_HD static int x_at(int word, int row) {
      return kPairs ? row * kPitchX + word : word * kPitchX + row;
    }
  };
  // Left to itself the compiler takes a quarter more registers for the first, spills for the second
  // and leaves room for one block of the third.
  static constexpr bool kMany =
      kArithmetic == Arithmetic::tf32x3 &&
      (kKind == ProductKind::real_input || (kKind == ProductKind::complex && kColumns == 32));
  static constexpr int kBlocks =
      kArithmetic == Arithmetic::exact && kColumns == 64 && kKind == ProductKind::complex ? 3
      : kMany                                                                             ? 1
      : kSets == 2                                                                        ? 2
                                                                                          : 0;
  static constexpr int kShared = Tile::kFirstW + (Parts::kW ? 2 : 1) * Tile::kW;
  static constexpr int kAcross = Tile::kDepth / kWords;  // threads that fill a row
  static constexpr int kFilled = kThreads / kAcross;     // rows that a pass of all threads fills
  static constexpr int kPasses = kRows / kFilled;
  static constexpr int kStep = Tile::kDepth * kInputs;

  struct Registers {
    const float* rows[kPasses];  // that this thread fills; beyond the last, that one
    Words words[Parts::kX ? 2 : 1][kPasses];
    Sums sums[kSets];
    int column;       // first of the block
    int in_segment;   // where the next input lies that this thread brings, if wide_x
    std::int64_t at;  // from the beginning of its row
  };

  LIMPID_HD static std::int64_t column_blocks(const Args& args) {
    return (args.n + kColumns - 1) / kColumns;
  }
  static std::int64_t blocks(const Args& args) {
    return (args.x.total() + kRows - 1) / kRows * column_blocks(args);
  }
  LIMPID_HD static int steps(const Args& args, const Registers&) {
    return (words_of<Number>(args.k) + Tile::kDepth - 1) / Tile::kDepth;
  }

  LIMPID_HD static void begin(int thread, std::int64_t block, const Args& args, Registers& mine) {
    const std::int64_t first = block / column_blocks(args) * kRows;
    mine.column = static_cast<int>(block % column_blocks(args)) * kColumns;
    LIMPID_UNROLL for (int i = 0; i < kPasses; ++i) {
      const std::int64_t row = first + i * kFilled + thread / kAcross;
      mine.rows[i] = args.x.row(row < args.x.total() ? row : args.x.total() - 1);
    }
    const int k = first_input(thread);
    mine.in_segment = k % args.segment;
    mine.at = k / args.segment * args.segment_stride + mine.in_segment;
    LIMPID_UNROLL for (int set = 0; set < kSets; ++set) mine.sums[set].clear();
  }
  LIMPID_HD static int first_input(int thread) { return thread % kAcross * kWords * kInputs; }

  // Where a thread brings its words of pass i and of a part.
  LIMPID_HD static float* place(int thread, int i, int part, float* shared) {
    return shared + part * Tile::kX +
           Tile::x_at(thread % kAcross * kWords, i * kFilled + thread / kAcross);
  }

  LIMPID_HD static void fill(int thread, int step, float* shared, const Args& args,
                             Registers& mine) {
    const int k = step * kStep + first_input(thread);
    if (kPairs && args.wide_x)
      fill_wide(thread, k, shared, args, mine);
    else
      fill_any(thread, k, shared, args, mine);
    fill_weights(thread, step, shared, args, mine);
  }

  // f(row, to, words) for all that a thread brings of x.
  template <class F>
  LIMPID_HD static void each_row(int thread, float* shared, const Args& args, Registers& mine,
                                 F f) {
    LIMPID_UNROLL for (int i = 0; i < kPasses; ++i)
        LIMPID_UNROLL for (int part = 0; part < (Parts::kX ? 2 : 1); ++part) {
      f(mine.rows[i] + part * args.x.imaginary, place(thread, i, part, shared),
        mine.words[part][i]);
    }
  }
  LIMPID_HD static void fill_wide(int thread, int k, float* shared, const Args& args,
                                  Registers& mine) {
    each_row(thread, shared, args, mine, [&](const float* row, float* to, Words& words) {
      if constexpr (kMayBePacked)
        if (args.packed_x) return words.two_words(0, row + mine.at / 2, k < args.k);
      words.four(0, to, row + mine.at, k < args.k);
    });
    mine.at += kStep;
    mine.in_segment += kStep;
    while (mine.in_segment >= args.segment) {
      mine.in_segment -= args.segment;
      mine.at += args.segment_stride - args.segment;
    }
  }
  LIMPID_HD static void fill_any(int thread, int k, float* shared, const Args& args,
                                 Registers& mine) {
    constexpr int kBrought = kWords * kInputs;
    std::int64_t at[kBrought];
    LIMPID_UNROLL for (int j = 0; j < kBrought; ++j) at[j] =
        (k + j) / args.segment * args.segment_stride + (k + j) % args.segment;
    each_row(thread, shared, args, mine, [&](const float* row, float* to, Words& words) {
      LIMPID_UNROLL for (int j = 0; j < kBrought; ++j) {
        const bool valid = k + j < args.k;
        words.one(j, to, valid ? row + at[j] : args.w_re, valid);
      }
    });
  }

  LIMPID_HD static void fill_weights(int thread, int step, float* shared, const Args& args,
                                     const Registers& mine) {
    if (args.wide_w)
      bring_weights<4>(thread, step, shared, args, mine,
                       [](auto... copy) { copy_four_later(copy...); });
    else
      bring_weights<1>(thread, step, shared, args, mine, [](auto... copy) { copy_later(copy...); });
  }
  // kWide columns at a time; unrolled, those of single ones would take registers from sums.
  template <int kWide, class Copy>
  LIMPID_HD static void bring_weights(int thread, int step, float* shared, const Args& args,
                                      const Registers& mine, Copy copy) {
    constexpr int kWidth = kColumns / kWide, kAll = Tile::kDepth * kWidth;
    LIMPID_NO_UNROLL for (int begin = 0; begin < kAll; begin += kThreads) {
      const int i = begin + thread;
      if (kAll % kThreads != 0 && i >= kAll) return;
      const int depth = i / kWidth, row = step * Tile::kDepth + depth, place = i % kWidth * kWide;
      const bool valid = row < words_of<Number>(args.k) && mine.column + place < args.n;
      const std::int64_t from =
          valid ? static_cast<std::int64_t>(row) * args.n + mine.column + place : 0;
      float* const to = shared + Tile::kFirstW + depth * Tile::kPitchW + place;
      copy(to, args.w_re + from, valid);
      if constexpr (Parts::kW) copy(to + Tile::kW, args.w_im + from, valid);
    }
  }

  LIMPID_HD static void settle(int thread, float* shared, const Registers& mine) {
    LIMPID_UNROLL for (int i = 0; i < kPasses; ++i)
        LIMPID_UNROLL for (int part = 0; part < (Parts::kX ? 2 : 1); ++part) mine.words[part][i]
            .settle(place(thread, i, part, shared));
  }

  LIMPID_HD static void add(int thread, const float* shared, Registers& mine) {
    if constexpr (kSets == 1)
      mine.sums[0].template add<Tile>(thread, shared);
    else
      Sums::template add_to<Tile, kSets>(thread, shared, shared + Tile::kFirstW, mine.sums);
  }

  LIMPID_HD static float leaky(float v, const Args& args) {
    return v > args.slope * v ? v : args.slope * v;
  }
  LIMPID_HD static void finish(int thread, std::int64_t block, const Args& args,
                               const Registers& mine) {
    const std::int64_t first = block / column_blocks(args) * kRows;
    LIMPID_UNROLL for (int set = 0; set < kSets; ++set)
        finish_set(thread, first, mine.column + set * kOfSet, args, mine.sums[set]);
  }
  // Columns come in neighbouring twos, the first of them an even one.
  LIMPID_HD static void finish_set(int thread, std::int64_t first, int column, const Args& args,
                                   const Sums& sums) {
    sums.each(thread, [&](int owner, auto at) {
      LIMPID_UNROLL for (int c = 0; c < 4; c += 2) {
        const int n = column + Sums::column(owner, c);
        if (n >= args.n) continue;
        const int next = n + 1 < args.n ? n + 1 : n;
        LIMPID_UNROLL for (int part = 0; part < (Parts::kY ? 2 : 1); ++part) {
          const float *const scale = args.scale[part], *const shift = args.shift[part];
          const Complex factor{scale[n], scale[next]}, offset{shift[n], shift[next]};
          LIMPID_UNROLL for (int r = 0; r < 4; ++r) {
            const std::int64_t row = first + Sums::row(owner, r);
            if (row >= args.y.total()) break;  // so are those that follow
            const Complex a = at(r, c), b = at(r, c + 1);
            const Complex values{leaky(factor.re * (part == 0 ? a.re : a.im) + offset.re, args),
                                 leaky(factor.im * (part == 0 ? b.re : b.im) + offset.im, args)};
            float* y = args.y.row(row) + part * args.y.imaginary;
            if constexpr (kMayBePacked)
              if (args.packed_y) {
                y[n / 2] = float_of(Number::word(values.re, values.im));
                continue;
              }
            y += n;
            if (args.pairs_y) {
              *reinterpret_cast<Complex*>(y) = values;
              continue;
            }
            y[0] = values.re;
            if (n + 1 < args.n) y[1] = values.im;
          }
        }
      }
    });
  }
};

// Calls f with the program that wastes least of n outputs: f.template operator()<Program>().
template <ProductKind kKind, Arithmetic kArithmetic, class F>
auto with_product(int n, std::int64_t rows, F f) {
  if constexpr (NumberOf<kArithmetic>::kInputs == 2)  // others' sums leave no registers for it
    if (rows >= kManyRows && (n + 63) / 64 % 2 == 0)
      return f.template operator()<ComplexProduct<128, kKind, kArithmetic>>();
  if (n > 32) return f.template operator()<ComplexProduct<64, kKind, kArithmetic>>();
  if (n > 16) return f.template operator()<ComplexProduct<32, kKind, kArithmetic>>();
  return f.template operator()<ComplexProduct<16, kKind, kArithmetic>>();
}

// Calls f with a kind as a constant: f.template operator()<kKind>().
template <class F>
auto with_kind(ProductKind kind, F f) {
  switch (kind) {
    case ProductKind::real_weights:
      return f.template operator()<ProductKind::real_weights>();
    case ProductKind::real_input:
      return f.template operator()<ProductKind::real_input>();
    case ProductKind::real_output:
      return f.template operator()<ProductKind::real_output>();
    default:
      return f.template operator()<ProductKind::complex>();
  }
}

}  // namespace limpid::kernels::cuda
