// SPDX-License-Identifier: MIT
// Y = end(X W + bias) for real X: every convolution and linear layer of a real network. A row of X
// is made of segments, one for each tap of each source, which are read where they lie: taps along
// frequency are neighbouring rows, taps along time are earlier frames, and a layer with two sources
// reads both.
#pragma once

#include <cmath>
#include <cstdint>

#include "lib/kernels/cuda/complex_product.h"

namespace limpid::kernels::cuda {

// What becomes of v = X W + bias before it is written.
enum class LinearEnd : std::int32_t {
  none,
  gelu,   // v (1 + erf(v / sqrt 2)) / 2
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
  const float* w;        // [k][product_pitch(n)]
  const float* bias;     // [n]; null: none
  const float* slope;    // [n], of prelu
  LinearEnd end;
  ComplexRows<float> y;  // as many rows, all of them real; fewer than 2^31

  LIMPID_HD std::int64_t rows() const {
    return static_cast<std::int64_t>(count[0]) * count[1] * count[2];
  }
};

constexpr int product_pitch(int n) {
  return (n + 3) / 4 * 4;
}

// Columns of outputs in a block: 64, 32 or 16; rows: what leaves every thread 4 x 4 outputs. Four
// inputs at a time are copied where segments allow it.
template <int kColumns>
struct RealProduct {
  using Args = RealProductArgs;
  static constexpr int kThreads = 256, kDepth = 16;  // inputs of a step
  static constexpr int kRows = kThreads * 16 / kColumns, kGroups = kRows / 4;
  static constexpr int kPerRow = kThreads / kRows;     // threads that fill a row
  static constexpr int kFours = kDepth / 4 / kPerRow;  // that each of them copies
  static constexpr int kPitch = kDepth + 4;            // eight rows lie in different banks
  static constexpr int kX = kRows * kPitch;
  static constexpr int kShared = kX + kDepth * kColumns;

  struct Registers {
    std::int64_t within;  // of the row that this thread fills: j*middle + k*inner
    std::int32_t i, k;    // i < 0: beyond the last
    std::int32_t column;  // first of the block
    bool wide;            // segments are whole fours, aligned
    float sum[4][4];
  };

  LIMPID_HD static std::int64_t column_blocks(const Args& args) {
    return (args.n + kColumns - 1) / kColumns;
  }
  static std::int64_t blocks(const Args& args) {
    return (args.rows() + kRows - 1) / kRows * column_blocks(args);
  }
  LIMPID_HD static int steps(const Args& args) { return (args.k + kDepth - 1) / kDepth; }

  LIMPID_HD static void begin(int thread, std::int64_t block, const Args& args, Registers& mine) {
    const std::int64_t row = block / column_blocks(args) * kRows + thread / kPerRow;
    mine.column = static_cast<int>(block % column_blocks(args)) * kColumns;
    const auto n = static_cast<std::uint32_t>(row);
    const auto inner = static_cast<std::uint32_t>(args.count[2]),
               middle = static_cast<std::uint32_t>(args.count[1]);
    mine.i = row < args.rows() ? static_cast<std::int32_t>(n / inner / middle) : -1;
    mine.k = static_cast<std::int32_t>(n % inner);
    mine.within = n / inner % middle * args.middle + mine.k * args.inner;
    mine.wide = (args.segment | args.middle | args.inner) % 4 == 0;
    LIMPID_UNROLL for (int r = 0; r < 4; ++r) LIMPID_UNROLL for (int c = 0; c < 4; ++c)
        mine.sum[r][c] = 0;
  }

  // Input k of the row of this thread; null: it is zero.
  LIMPID_HD static const float* input(int k, const Args& args, const Registers& mine) {
    if (mine.i < 0 || k >= args.k) return nullptr;
    const ProductSegment& s = args.segments[k / args.segment];
    const auto at = static_cast<std::uint32_t>(mine.k + s.shift);
    if (at >= static_cast<std::uint32_t>(args.bound)) return nullptr;
    return s.data + mine.i * s.outer + mine.within + k % args.segment;
  }

  LIMPID_HD static void fill(int thread, int step, float* shared, const Args& args,
                             const Registers& mine) {
    LIMPID_UNROLL for (int four = 0; four < kFours; ++four) {
      const int depth = (thread % kPerRow * kFours + four) * 4, k = step * kDepth + depth;
      float* to = shared + thread / kPerRow * kPitch + depth;
      if (mine.wide) {
        const float* from = input(k, args, mine);
        copy_four_later(to, from != nullptr ? from : args.w, from != nullptr);
        continue;
      }
      LIMPID_UNROLL for (int i = 0; i < 4; ++i) {
        const float* from = input(k + i, args, mine);
        copy_later(to + i, from != nullptr ? from : args.w, from != nullptr);
      }
    }
    if (thread >= kDepth * kColumns / 4) return;
    const int depth = thread / (kColumns / 4), k = step * kDepth + depth;
    const int column = thread % (kColumns / 4) * 4, pitch = product_pitch(args.n);
    const bool valid = k < args.k && mine.column + column < pitch;
    const std::int64_t from = valid ? std::int64_t{k} * pitch + mine.column + column : 0;
    copy_four_later(shared + kX + depth * kColumns + column, args.w + from, valid);
  }

  // Rows g, g + kGroups, ... and four columns beside each other.
  LIMPID_HD static void add(int thread, const float* shared, Registers& mine) {
    const float* x = shared + thread / (kColumns / 4) * kPitch;
    const float* w = shared + kX + thread % (kColumns / 4) * 4;
    LIMPID_UNROLL for (int four = 0; four < kDepth / 4; ++four) {
      Four rows[4];
      LIMPID_UNROLL for (int r = 0; r < 4; ++r) rows[r] =
          load_four(x + r * kGroups * kPitch + four * 4);
      LIMPID_UNROLL for (int i = 0; i < 4; ++i) {
        const Four columns = load_four(w + (four * 4 + i) * kColumns);
        LIMPID_UNROLL for (int r = 0; r < 4; ++r) LIMPID_UNROLL for (int c = 0; c < 4; ++c)
            mine.sum[r][c] += rows[r].v[i] * columns.v[c];
      }
    }
  }

  LIMPID_HD static void finish(int thread, std::int64_t block, const Args& args,
                               const Registers& mine) {
    const std::int64_t first = block / column_blocks(args) * kRows + thread / (kColumns / 4);
    const int column = mine.column + thread % (kColumns / 4) * 4;
    LIMPID_UNROLL for (int r = 0; r < 4; ++r) {
      if (first + r * kGroups >= args.rows()) return;
      float v[4];
      LIMPID_UNROLL for (int c = 0; c < 4; ++c) v[c] =
          mine.sum[r][c] +
          (args.bias != nullptr && column + c < args.n ? args.bias[column + c] : 0.0f);
      write(v, column, args, args.y.row(first + r * kGroups));
    }
  }

  LIMPID_HD static void write(const float (&v)[4], int column, const Args& args, float* y) {
    LIMPID_UNROLL for (int c = 0; c < 4; ++c) {
      if (column + c >= args.n) return;
      float& to = y[column + c];
      if (args.end == LinearEnd::none) to = v[c];
      if (args.end == LinearEnd::add) to += v[c];
      if (args.end == LinearEnd::gelu) to = 0.5f * v[c] * (1.0f + std::erf(v[c] * 0.70710678f));
      if (args.end == LinearEnd::prelu) to = v[c] > 0 ? v[c] : args.slope[column + c] * v[c];
      if (args.end == LinearEnd::gate && c % 2 == 0)
        y[(column + c) / 2] = v[c] / (1.0f + std::exp(-v[c + 1]));
    }
  }
};

// Calls f with the program that wastes least of n outputs.
template <class F>
auto with_real_product(int n, F f) {
  if (n > 32) return f.template operator()<RealProduct<64>>();
  if (n > 16) return f.template operator()<RealProduct<32>>();
  return f.template operator()<RealProduct<16>>();
}

}  // namespace limpid::kernels::cuda
