// SPDX-License-Identifier: MIT
// Y = end(X W + bias) for real X: every convolution and linear layer of a real network. A row of X
// is made of segments, one for each tap of each source, which are read where they lie: taps along
// frequency are neighbouring rows, taps along time are earlier frames, and a layer with two sources
// reads both.
#pragma once

#include <cmath>
#include <cstdint>

#include "lib/kernels/cuda/gelu.h"
#include "lib/kernels/cuda/real_tiles.h"

namespace limpid::kernels::cuda {

// What becomes of v = X W + bias before it is written.
enum class LinearEnd : std::int32_t {
  none,
  gelu,   // gelu(v)
  prelu,  // v > 0 ? v : slope v
  gate,   // outputs 2c and 2c + 1 become one: v[2c] sigmoid(v[2c + 1])
  add,    // is added to what lies there
};

// Of row (i, j, k): begins at data + i*outer + j*middle + k*inner. Zero unless 0 <= k + shift <
// bound.
struct ProductSegment {
  const float* data;
  std::int64_t outer;
  std::int32_t shift;
};

struct RealProductArgs {
  static constexpr int kMax = 18;  // 3 x 3 taps of two sources
  ProductSegment segments[kMax];
  std::int32_t count[3];  // rows
  std::int64_t middle, inner;
  std::int32_t bound;
  std::int32_t k, n;     // inputs and outputs of a row
  std::int32_t segment;  // inputs of a segment; k is a multiple of it
  bool wide, wide_y;     // whole_fours(), whole_fours_of_y()
  bool packed;           // activations are words of two numbers of 16 bits: strip_product.h
  const float* w;        // weight_words() of [k][product_pitch(n)], or strip_words()
  const float* bias;     // [n]; null: none
  const float* slope;    // [n], of prelu
  LinearEnd end;
  ComplexRows<float> y;  // the same rows, all of them real; fewer than 2^31

  LIMPID_HD std::int64_t rows() const {
    return static_cast<std::int64_t>(count[0]) * count[1] * count[2];
  }
  // Whether segments may be copied four floats at a time.
  bool whole_fours() const {
    Alignment rows;
    rows.steps(segment, middle, inner);
    for (int i = 0; i < k / segment; ++i) rows.of(segments[i].data).steps(segments[i].outer);
    return rows.whole(4);
  }
  // Whether neighbouring outputs may be written together.
  bool whole_fours_of_y() const {
    return Alignment().of(y.data).steps(y.stride[0], y.stride[1], y.stride[2]).whole(4);
  }
};

// Divides by the same number again and again, which costs a GPU some twenty instructions, by a
// reciprocal that is too small by less than one: so is what comes of it.
struct Divisor {
  std::uint32_t by, reciprocal;

  Divisor() = default;
  LIMPID_HD explicit Divisor(std::int32_t d)
      : by(static_cast<std::uint32_t>(d)), reciprocal(0xffffffffu / by) {}

  // n becomes what is left of it.
  LIMPID_HD std::uint32_t divide(std::uint32_t& n) const {
    auto times = static_cast<std::uint32_t>(std::uint64_t{n} * reciprocal >> 32);
    n -= times * by;
    if (n >= by) {
      n -= by;
      ++times;
    }
    return times;
  }
};

// A row that a thread fills, and how it finds others.
struct ProductRow {
  std::int64_t within;  // j*middle + k*inner
  std::int32_t i, k;    // i < 0: beyond the last
  Divisor inner, middle, segment;

  LIMPID_HD void begin(std::int64_t row, const RealProductArgs& args) {
    inner = Divisor(args.count[2]);
    middle = Divisor(args.count[1]);
    segment = Divisor(args.segment);
    auto last = static_cast<std::uint32_t>(row);
    std::uint32_t j = inner.divide(last);
    const std::uint32_t first = middle.divide(j);
    i = row < args.rows() ? static_cast<std::int32_t>(first) : -1;
    k = static_cast<std::int32_t>(last);
    within = j * args.middle + last * args.inner;
  }
  // Where its input n lies; null: it is zero.
  LIMPID_HD const float* input(int n, const RealProductArgs& args) const {
    if (i < 0 || n >= args.k) return nullptr;
    auto in_segment = static_cast<std::uint32_t>(n);
    const ProductSegment& s = args.segments[segment.divide(in_segment)];
    const auto at = static_cast<std::uint32_t>(k + s.shift);
    if (at >= static_cast<std::uint32_t>(args.bound)) return nullptr;
    return s.data + i * s.outer + within + in_segment;
  }
  // Where the outputs of any row lie.
  LIMPID_HD float* output(std::int64_t row, const RealProductArgs& args) const {
    auto last = static_cast<std::uint32_t>(row);
    std::uint32_t j = inner.divide(last);
    const std::uint32_t first = middle.divide(j);
    return args.y.data + first * args.y.stride[0] + j * args.y.stride[1] + last * args.y.stride[2];
  }
};

// Columns of outputs in a block: 128, 64, 32 or 16. Those of 128 are two sets of sums of 64, for
// which x is brought, and loaded from shared memory, but once.
template <int kColumns, Arithmetic kArithmetic = Arithmetic::exact>
struct RealProduct {
  static constexpr int kSets = kColumns == 128 ? 2 : 1;
  using Tiles = RealTiles<kColumns / kSets, kArithmetic>;
  using Together = typename Tiles::Together;
  using Args = RealProductArgs;
  struct Tile : Tiles::Tile {
    static constexpr int kPitchW = kColumns + Tiles::Sums::kPadW;
  };
  static constexpr int kThreads = Tiles::kThreads;
  static constexpr int kShared = Tile::kFirstW + Tile::kDepth * Tile::kPitchW;
  static constexpr bool kSettles = Tiles::kSettles;
  static constexpr int kTogether = Tiles::Sums::kTogether;

  struct Registers {
    ProductRow row;
    std::int32_t column;  // first of the block
    typename Tiles::Staging staging;
    typename Tiles::Sums sums[kSets];
  };

  static std::int64_t blocks(const Args& args) {
    return (args.rows() + Tiles::kRows - 1) / Tiles::kRows * column_blocks(args);
  }
  LIMPID_HD static std::int64_t column_blocks(const Args& args) {
    return (args.n + kColumns - 1) / kColumns;
  }
  LIMPID_HD static int steps(const Args& args, const Registers&) { return Tiles::steps(args.k); }

  LIMPID_HD static void begin(int thread, std::int64_t block, const Args& args, Registers& mine) {
    mine.row.begin(first_row(block, args) + Tiles::row(thread), args);
    mine.column = static_cast<int>(block % column_blocks(args)) * kColumns;
    LIMPID_UNROLL for (int set = 0; set < kSets; ++set) mine.sums[set].clear();
  }

  LIMPID_HD static std::int64_t first_row(std::int64_t block, const Args& args) {
    return block / column_blocks(args) * Tiles::kRows;
  }

  LIMPID_HD static void fill(int thread, int step, float* shared, const Args& args,
                             Registers& mine) {
    Tiles::fill_x(
        thread, step, shared, args.wide, args.w, mine.staging,
        [&](int k) { return mine.row.input(k, args); }, args.segment % (4 * Tiles::kInputs) == 0);
    Tiles::template fill_w<kColumns>(thread, step, shared, args.w, args.k, args.n, mine.column);
  }

  LIMPID_HD static void add(int thread, const float* shared, Registers& mine) {
    Tiles::Sums::template add_to<Tile, kSets>(thread, shared, shared + Tile::kFirstW, mine.sums);
  }

  LIMPID_HD static void settle(int thread, float* shared, const Registers& mine) {
    Tiles::settle(thread, shared, mine.staging);
  }

  LIMPID_HD static void finish(int thread, std::int64_t block, const Args& args,
                               const Registers& mine) {
    const auto row = [&](std::int64_t index) { return mine.row.output(index, args); };
    LIMPID_UNROLL for (int set = 0; set < kSets; ++set) Tiles::finish(
        thread, first_row(block, args), args.rows(),
        {mine.column + set * (kColumns / kSets), args.n, args.bias}, mine.sums[set], row,
        [&](int n, Together v, const float* y) { return end(n, v, args, y); },
        [&](int n, Together v, float* y) { write(n, v, args, y); });
  }

  LIMPID_HD static Together end(int n, Together v, const Args& args, const float* y) {
    if (args.end == LinearEnd::add) {
      const Together before =
          load_some<Together>(y + n, args.n - n, args.wide_y && n + kTogether <= args.n);
      LIMPID_UNROLL for (int i = 0; i < kTogether; ++i) v.v[i] += before.v[i];
    } else if (args.end == LinearEnd::gelu) {
      LIMPID_UNROLL for (int i = 0; i < kTogether; ++i) v.v[i] = gelu_of<kArithmetic>(v.v[i]);
    } else if (args.end == LinearEnd::prelu) {
      LIMPID_UNROLL for (int i = 0; i < kTogether; ++i) if (n + i < args.n && v.v[i] < 0) v.v[i] *=
          args.slope[n + i];
    } else if (args.end == LinearEnd::gate) {  // into the first half of them
      LIMPID_UNROLL for (int i = 0; i < kTogether; i += 2) v.v[i / 2] =
          v.v[i] / (1.0f + std::exp(-v.v[i + 1]));
    }
    return v;
  }
  LIMPID_HD static void write(int n, Together v, const Args& args, float* y) {
    if (args.end != LinearEnd::gate) return store_some(y + n, v, args.n - n, args.wide_y);
    LIMPID_UNROLL for (int i = 0; i < kTogether / 2; ++i) if (n + 2 * i < args.n) y[n / 2 + i] =
        v.v[i];
  }
};

// Calls f with the program that wastes least of n outputs.
template <Arithmetic kArithmetic, class F>
auto with_real_product(int n, std::int64_t rows, F f) {
  if (rows >= kManyRows && (n + 63) / 64 % 2 == 0)
    return f.template operator()<RealProduct<128, kArithmetic>>();
  if (n > 32) return f.template operator()<RealProduct<64, kArithmetic>>();
  if (n > 16) return f.template operator()<RealProduct<32, kArithmetic>>();
  return f.template operator()<RealProduct<16, kArithmetic>>();
}

}  // namespace limpid::kernels::cuda
