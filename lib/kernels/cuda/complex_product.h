// SPDX-License-Identifier: MIT
// Y = leaky(scale * (X W) + shift) for complex X and complex or real W: every convolution,
// transposed convolution and linear layer of a complex network, with its bias, batch norm and
// activation (FRCRN section 1.5), and the transforms in front of it and behind it. Rows of X are
// read in place, as kernels::gemm does it: they may overlap, and come in segments, one for each
// time tap.
#pragma once

#include <cstdint>

#include "lib/kernels/cuda/product_sums.h"
#include "lib/kernels/cuda/tile_words.h"

namespace limpid::kernels::cuda {

// Row (i, j, k) begins at data + i*stride[0] + j*stride[1] + k*stride[2], its imaginary part
// `imaginary` floats further. Rows count as i-major; each row's elements are contiguous.
template <class T>
struct ComplexRows {
  T* data;
  std::int32_t count[3];
  std::int64_t stride[3];
  std::int64_t imaginary;

  LIMPID_HD std::int64_t total() const {
    return static_cast<std::int64_t>(count[0]) * count[1] * count[2];
  }
  LIMPID_HD T* row(std::int64_t index) const {
    const auto n = static_cast<std::uint32_t>(index);
    const auto inner = static_cast<std::uint32_t>(count[2]),
               middle = static_cast<std::uint32_t>(count[1]);
    const std::uint32_t outer = n / inner;
    return data + outer / middle * stride[0] + outer % middle * stride[1] + n % inner * stride[2];
  }
};

struct ComplexProductArgs {
  ComplexRows<const float> x;
  std::int32_t k, n;                 // inputs and outputs of a row
  std::int32_t segment;              // inputs of a segment; k is a multiple of it
  std::int64_t segment_stride;       // floats from a segment to the next
  const float *w_re, *w_im;          // weight_words() of [k][n]; w_im only of complex weights
  const float *scale[2], *shift[2];  // [n], of the real and the imaginary part
  float slope;                       // leaky(v) = max(v, slope v): 0 is ReLU, 1 does nothing
  ComplexRows<float> y;              // as many rows as x; fewer than 2^31
  bool pairs = false;                // whole_pairs()

  // Whether inputs may be read two at a time.
  bool whole_pairs() const {
    return Alignment()
        .of(x.data)
        .steps(segment, segment_stride, x.stride[0], x.stride[1], x.stride[2], x.imaginary)
        .whole(2);
  }
};

// Columns of outputs in a block: 64, 32 or 16; rows: what leaves every thread 4 x 4 outputs.
template <int kColumns, ProductKind kKind, Arithmetic kArithmetic = Arithmetic::exact>
struct ComplexProduct {
  using Parts = ProductParts<kKind>;
  using Number = NumberOf<kArithmetic>;
  using Sums = SumsOf<kArithmetic, ExactSums<kColumns, Parts>, kColumns, Parts>;
  using Word = Staged<Number, 1>;
  using Args = ComplexProductArgs;
  static constexpr bool kSettles = Word::kSettles;
  static constexpr int kInputs = Number::kInputs;  // of a word
  static constexpr int kThreads = 256;
  static constexpr int kRows = kThreads * 16 / kColumns;

  // What lies in shared memory: a step's inputs.
  struct Tile {
    static constexpr int kDepth = 16 / kInputs;
    static constexpr int kPitchX = kRows + Sums::kPadX, kPitchW = kColumns + Sums::kPadW;
    static constexpr int kX = kDepth * kPitchX, kW = kDepth * kPitchW;  // one part
    static constexpr int kFirstW = (Parts::kX ? 2 : 1) * kX;
    LIMPID_HD static int x_at(int word, int row) { return word * kPitchX + row; }
  };
  // Left to itself the compiler takes a quarter more registers for the one and spills for the
  // other.
  static constexpr int kBlocks =
      kArithmetic == Arithmetic::exact && kColumns == 64 && kKind == ProductKind::complex ? 3
      : kArithmetic == Arithmetic::tf32x3 && kKind == ProductKind::real_input             ? 1
                                                                                          : 0;
  static constexpr int kShared = Tile::kFirstW + (Parts::kW ? 2 : 1) * Tile::kW;
  static constexpr int kFilled = kThreads / Tile::kDepth;  // rows that a pass of all threads fills
  static constexpr int kPasses = kRows / kFilled;

  struct Registers {
    const float* rows[kPasses];  // that this thread fills; null beyond the last
    Word words[Parts::kX ? 2 : 1][kPasses];
    Sums sums;
    int column;  // first of the block
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
      const std::int64_t row = first + i * kFilled + thread / Tile::kDepth;
      mine.rows[i] = row < args.x.total() ? args.x.row(row) : nullptr;
    }
    mine.sums.clear();
  }

  // Where a thread brings its word of pass i and of a part.
  LIMPID_HD static float* place(int thread, int i, int part, float* shared) {
    return shared + part * Tile::kX +
           Tile::x_at(thread % Tile::kDepth, i * kFilled + thread / Tile::kDepth);
  }

  LIMPID_HD static void fill(int thread, int step, float* shared, const Args& args,
                             Registers& mine) {
    const int k = (step * Tile::kDepth + thread % Tile::kDepth) * kInputs;
    std::int64_t at[kInputs];
    LIMPID_UNROLL for (int j = 0; j < kInputs; ++j) at[j] =
        (k + j) / args.segment * args.segment_stride + (k + j) % args.segment;
    const auto bring = [&](int i, int part) {
      Word& word = mine.words[part][i];
      float* const to = place(thread, i, part, shared);
      const bool there = mine.rows[i] != nullptr;
      const float* const row = there ? mine.rows[i] + part * args.x.imaginary : args.w_re;
      if constexpr (kSettles)
        if (args.pairs) return word.two(row + at[0], there && k < args.k);
      LIMPID_UNROLL for (int j = 0; j < kInputs; ++j) {
        const bool valid = there && k + j < args.k;
        word.one(j, to, valid ? row + at[j] : args.w_re, valid);
      }
    };
    LIMPID_UNROLL for (int i = 0; i < kPasses; ++i) {
      bring(i, 0);
      if constexpr (Parts::kX) bring(i, 1);
    }
    for (int i = thread; i < Tile::kDepth * kColumns; i += kThreads) {
      const int depth = i / kColumns, row = step * Tile::kDepth + depth,
                column = mine.column + i % kColumns;
      const bool valid = row < words_of<Number>(args.k) && column < args.n;
      const std::int64_t from = valid ? static_cast<std::int64_t>(row) * args.n + column : 0;
      float* to = shared + Tile::kFirstW + depth * Tile::kPitchW + i % kColumns;
      copy_later(to, args.w_re + from, valid);
      if constexpr (Parts::kW) copy_later(to + Tile::kW, args.w_im + from, valid);
    }
  }
  LIMPID_HD static void settle(int thread, float* shared, const Registers& mine) {
    LIMPID_UNROLL for (int i = 0; i < kPasses; ++i) {
      mine.words[0][i].settle(place(thread, i, 0, shared));
      if constexpr (Parts::kX) mine.words[1][i].settle(place(thread, i, 1, shared));
    }
  }

  LIMPID_HD static void add(int thread, const float* shared, Registers& mine) {
    mine.sums.template add<Tile>(thread, shared);
  }

  LIMPID_HD static float leaky(float v, const Args& args) {
    return v > args.slope * v ? v : args.slope * v;
  }
  LIMPID_HD static void finish(int thread, std::int64_t block, const Args& args,
                               const Registers& mine) {
    const std::int64_t first = block / column_blocks(args) * kRows;
    mine.sums.each(thread, [&](int owner, auto at) {
      LIMPID_UNROLL for (int r = 0; r < 4; ++r) {
        const std::int64_t row = first + Sums::row(owner, r);
        if (row >= args.y.total()) return;  // so are those that follow
        float* y = args.y.row(row);
        LIMPID_UNROLL for (int c = 0; c < 4; ++c) {
          const int n = mine.column + Sums::column(owner, c);
          if (n >= args.n) continue;
          const Complex sum = at(r, c);
          y[n] = leaky(args.scale[0][n] * sum.re + args.shift[0][n], args);
          if constexpr (Parts::kY)
            y[n + args.y.imaginary] = leaky(args.scale[1][n] * sum.im + args.shift[1][n], args);
        }
      }
    });
  }
};

// Calls f with the program that wastes least of n outputs: f.template operator()<Program>().
template <ProductKind kKind, Arithmetic kArithmetic, class F>
auto with_product(int n, F f) {
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
