// SPDX-License-Identifier: MIT
// Y = end(X W + bias) for real X: every convolution and linear layer of a real network. A row of X
// is made of segments, one for each tap of each source, which are read where they lie: taps along
// frequency are neighbouring rows, taps along time are earlier frames, and a layer with two sources
// reads both.
#pragma once

#include <cmath>
#include <cstdint>

#include "lib/kernels/cuda/real_tiles.h"

namespace limpid::kernels::cuda {

LIMPID_HD float gelu(float v) {
  return 0.5f * v * (1.0f + std::erf(v * 0.70710678f));
}

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
  static constexpr int kMost = 18;  // 3 x 3 taps of two sources
  ProductSegment segments[kMost];
  std::int32_t count[3];  // rows
  std::int64_t middle, inner;
  std::int32_t bound;
  std::int32_t k, n;     // inputs and outputs of a row
  std::int32_t segment;  // inputs of a segment; k is a multiple of it
  bool wide, wide_y;     // whole_fours(), whole_fours_of_y()
  const float* w;        // weight_words() of [k][product_pitch(n)]
  const float* bias;     // [n]; null: none
  const float* slope;    // [n], of prelu
  LinearEnd end;
  ComplexRows<float> y;  // as many rows, all of them real; fewer than 2^31

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

// Columns of outputs in a block: 64, 32 or 16.
template <int kColumns, Arithmetic kArithmetic = Arithmetic::exact>
struct RealProduct {
  using Tiles = RealTiles<kColumns, kArithmetic>;
  using Together = typename Tiles::Together;
  using Args = RealProductArgs;
  static constexpr int kThreads = Tiles::kThreads, kShared = Tiles::kShared;
  static constexpr bool kSettles = Tiles::kSettles;
  static constexpr int kTogether = Tiles::Sums::kTogether;

  struct Registers {
    std::int64_t within;  // of the row that this thread fills: j*middle + k*inner
    std::int32_t i, k;    // i < 0: beyond the last
    std::int32_t column;  // first of the block
    typename Tiles::Staging staging;
    typename Tiles::Sums sums;
  };

  static std::int64_t blocks(const Args& args) {
    return (args.rows() + Tiles::kRows - 1) / Tiles::kRows * Tiles::column_blocks(args.n);
  }
  LIMPID_HD static int steps(const Args& args, const Registers&) { return Tiles::steps(args.k); }

  LIMPID_HD static void begin(int thread, std::int64_t block, const Args& args, Registers& mine) {
    const std::int64_t row = first_row(block, args) + Tiles::row(thread);
    mine.column = static_cast<int>(block % Tiles::column_blocks(args.n)) * kColumns;
    const auto n = static_cast<std::uint32_t>(row);
    const auto inner = static_cast<std::uint32_t>(args.count[2]),
               middle = static_cast<std::uint32_t>(args.count[1]);
    mine.i = row < args.rows() ? static_cast<std::int32_t>(n / inner / middle) : -1;
    mine.k = static_cast<std::int32_t>(n % inner);
    mine.within = n / inner % middle * args.middle + mine.k * args.inner;
    mine.sums.clear();
  }

  LIMPID_HD static std::int64_t first_row(std::int64_t block, const Args& args) {
    return block / Tiles::column_blocks(args.n) * Tiles::kRows;
  }

  // Input k of the row of this thread; null: it is zero.
  LIMPID_HD static const float* input(int k, const Args& args, const Registers& mine) {
    if (mine.i < 0 || k >= args.k) return nullptr;
    const int which = args.segment == args.k ? 0 : k / args.segment;
    const ProductSegment& s = args.segments[which];
    const auto at = static_cast<std::uint32_t>(mine.k + s.shift);
    if (at >= static_cast<std::uint32_t>(args.bound)) return nullptr;
    return s.data + mine.i * s.outer + mine.within + k - which * args.segment;
  }

  LIMPID_HD static void fill(int thread, int step, float* shared, const Args& args,
                             Registers& mine) {
    Tiles::fill_x(thread, step, shared, args.wide, args.w, mine.staging,
                  [&](int k) { return input(k, args, mine); });
    Tiles::fill_w(thread, step, shared, args.w, args.k, args.n, mine.column);
  }

  LIMPID_HD static void add(int thread, const float* shared, Registers& mine) {
    mine.sums.template add<typename Tiles::Tile>(thread, shared);
  }

  LIMPID_HD static void settle(int thread, float* shared, const Registers& mine) {
    Tiles::settle(thread, shared, mine.staging);
  }

  LIMPID_HD static void finish(int thread, std::int64_t block, const Args& args,
                               const Registers& mine) {
    Tiles::finish(
        thread, first_row(block, args), args.rows(), {mine.column, args.n, args.bias}, mine.sums,
        [&](std::int64_t row) { return args.y.row(row); },
        [&](int n, Together v, float* y) { write(n, v, args, y); });
  }

  LIMPID_HD static void write(int n, Together v, const Args& args, float* y) {
    if (args.end == LinearEnd::gate) {
      LIMPID_UNROLL for (int i = 0; i < kTogether; i += 2) if (n + i < args.n) y[(n + i) / 2] =
          v.v[i] / (1.0f + std::exp(-v.v[i + 1]));
    } else if (args.wide_y && n + kTogether <= args.n) {
      auto* to = reinterpret_cast<Together*>(y + n);
      const Together before = args.end == LinearEnd::add ? *to : Together{};
      LIMPID_UNROLL for (int i = 0; i < kTogether; ++i) v.v[i] =
          ended(v.v[i], n + i, before.v[i], args);
      *to = v;
    } else {
      LIMPID_UNROLL for (int i = 0; i < kTogether; ++i) if (n + i < args.n) y[n + i] =
          ended(v.v[i], n + i, y[n + i], args);
    }
  }
  LIMPID_HD static float ended(float v, int n, const float& y, const Args& args) {
    if (args.end == LinearEnd::add) return y + v;
    if (args.end == LinearEnd::gelu) return gelu(v);
    if (args.end == LinearEnd::prelu) return v > 0 ? v : args.slope[n] * v;
    return v;
  }
};

// Calls f with the program that wastes least of n outputs.
template <Arithmetic kArithmetic, class F>
auto with_real_product(int n, F f) {
  if (n > 32) return f.template operator()<RealProduct<64, kArithmetic>>();
  if (n > 16) return f.template operator()<RealProduct<32, kArithmetic>>();
  return f.template operator()<RealProduct<16, kArithmetic>>();
}

}  // namespace limpid::kernels::cuda
