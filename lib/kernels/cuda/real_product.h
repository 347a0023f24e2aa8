// SPDX-License-Identifier: MIT
// Y = end(X W + bias) for real X: every convolution and linear layer of a real network. A row of X
// is made of segments, one for each tap of each source, which are read where they lie: taps along
// frequency are neighbouring rows, taps along time are earlier frames, and a layer with two sources
// reads both.
#pragma once

#include <cmath>
#include <cstdint>
#include <type_traits>

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
  bool wide, wide_y;     // whole_fours(), whole_fours_of_y()
  const float* w;        // [k][product_pitch(n)]
  const float* bias;     // [n]; null: none
  const float* slope;    // [n], of prelu
  LinearEnd end;
  ComplexRows<float> y;  // as many rows, all of them real; fewer than 2^31

  LIMPID_HD std::int64_t rows() const {
    return static_cast<std::int64_t>(count[0]) * count[1] * count[2];
  }
  // Whether segments may be copied four floats at a time.
  bool whole_fours() const {
    std::uintptr_t all = static_cast<std::uintptr_t>(segment | middle | inner) * sizeof(float);
    for (int i = 0; i < k / segment; ++i)
      all |= reinterpret_cast<std::uintptr_t>(segments[i].data) |
             static_cast<std::uintptr_t>(segments[i].outer) * sizeof(float);
    return all % (4 * sizeof(float)) == 0;
  }
  // Whether neighbouring outputs may be written together.
  bool whole_fours_of_y() const {
    const std::uintptr_t strides =
        static_cast<std::uintptr_t>(y.stride[0] | y.stride[1] | y.stride[2]) * sizeof(float);
    return (reinterpret_cast<std::uintptr_t>(y.data) | strides) % (4 * sizeof(float)) == 0;
  }
};

constexpr int product_pitch(int n) {
  return (n + 3) / 4 * 4;
}

// Adds in float, from rows of x that lie along their inputs: a thread has rows g, g + kGroups, ...
// of four neighbouring outputs.
template <int kColumns>
struct RowSums {
  static constexpr int kPadW = 0, kGroups = 1024 / kColumns, kTogether = 4;
  float sum[4][4];

  LIMPID_HD void clear() {
    LIMPID_UNROLL for (int r = 0; r < 4; ++r) LIMPID_UNROLL for (int c = 0; c < 4; ++c) sum[r][c] =
        0;
  }

  template <class Tile>
  LIMPID_HD void add(int thread, const float* shared) {
    const float* w = shared + Tile::kFirstW + column(thread, 0);
    LIMPID_UNROLL for (int first = 0; first < Tile::kDepth; first += 4) {
      Four rows[4];
      LIMPID_UNROLL for (int r = 0; r < 4; ++r) rows[r] =
          load_four(shared + Tile::x_at(first, row(thread, r)));
      LIMPID_UNROLL for (int i = 0; i < 4; ++i) {
        const Four columns = load_four(w + (first + i) * Tile::kPitchW);
        LIMPID_UNROLL for (int r = 0; r < 4; ++r) LIMPID_UNROLL for (int c = 0; c < 4; ++c)
            sum[r][c] += rows[r].v[i] * columns.v[c];
      }
    }
  }

  LIMPID_HD static int row(int thread, int r) { return thread / (kColumns / 4) + r * kGroups; }
  LIMPID_HD static int column(int thread, int c) { return thread % (kColumns / 4) * 4 + c; }
  template <class F>
  LIMPID_HD void each(int thread, F f) const {
    f(thread, [&](int r, int c) { return Complex{sum[r][c], 0}; });
  }
};

// Columns of outputs in a block: 64, 32 or 16; rows: what leaves every thread 4 x 4 outputs. Four
// inputs at a time are copied where segments allow it.
template <int kColumns, Arithmetic kArithmetic = Arithmetic::exact>
struct RealProduct {
  using Sums = std::conditional_t<
      kArithmetic == Arithmetic::exact, RowSums<kColumns>,
      TensorSums<kColumns, RealParts, kArithmetic == Arithmetic::tf32x3 ? 3 : 1>>;
  using Args = RealProductArgs;
  static constexpr int kThreads = 256, kRows = kThreads * 16 / kColumns;

  // What lies in shared memory: a step's inputs.
  struct Tile {
    static constexpr int kDepth = 16;
    static constexpr int kPitchX = kDepth + 4;  // eight rows lie in different banks
    static constexpr int kPitchW = kColumns + Sums::kPadW;
    static constexpr int kFirstW = kRows * kPitchX;
    LIMPID_HD static int x_at(int input, int row) { return row * kPitchX + input; }
  };
  static constexpr int kShared = Tile::kFirstW + Tile::kDepth * Tile::kPitchW;
  static constexpr int kPerRow = kThreads / kRows;           // threads that fill a row
  static constexpr int kFours = Tile::kDepth / 4 / kPerRow;  // that each of them copies

  struct Registers {
    std::int64_t within;  // of the row that this thread fills: j*middle + k*inner
    std::int32_t i, k;    // i < 0: beyond the last
    std::int32_t column;  // first of the block
    Sums sums;
  };

  LIMPID_HD static std::int64_t column_blocks(const Args& args) {
    return (args.n + kColumns - 1) / kColumns;
  }
  static std::int64_t blocks(const Args& args) {
    return (args.rows() + kRows - 1) / kRows * column_blocks(args);
  }
  LIMPID_HD static int steps(const Args& args) {
    return (args.k + Tile::kDepth - 1) / Tile::kDepth;
  }

  LIMPID_HD static void begin(int thread, std::int64_t block, const Args& args, Registers& mine) {
    const std::int64_t row = block / column_blocks(args) * kRows + thread / kPerRow;
    mine.column = static_cast<int>(block % column_blocks(args)) * kColumns;
    const auto n = static_cast<std::uint32_t>(row);
    const auto inner = static_cast<std::uint32_t>(args.count[2]),
               middle = static_cast<std::uint32_t>(args.count[1]);
    mine.i = row < args.rows() ? static_cast<std::int32_t>(n / inner / middle) : -1;
    mine.k = static_cast<std::int32_t>(n % inner);
    mine.within = n / inner % middle * args.middle + mine.k * args.inner;
    mine.sums.clear();
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
                             const Registers& mine) {
    LIMPID_NO_UNROLL for (int four = 0; four < kFours; ++four) {
      const int depth = (thread % kPerRow * kFours + four) * 4, k = step * Tile::kDepth + depth;
      float* to = shared + Tile::x_at(depth, thread / kPerRow);
      if (args.wide) {
        const float* from = input(k, args, mine);
        copy_four_later(to, from != nullptr ? from : args.w, from != nullptr);
        continue;
      }
      LIMPID_UNROLL for (int i = 0; i < 4; ++i) {
        const float* from = input(k + i, args, mine);
        copy_later(to + i, from != nullptr ? from : args.w, from != nullptr);
      }
    }
    if (thread >= Tile::kDepth * kColumns / 4) return;
    const int depth = thread / (kColumns / 4), k = step * Tile::kDepth + depth;
    const int column = thread % (kColumns / 4) * 4, pitch = product_pitch(args.n);
    const bool valid = k < args.k && mine.column + column < pitch;
    const std::int64_t from = valid ? std::int64_t{k} * pitch + mine.column + column : 0;
    copy_four_later(shared + Tile::kFirstW + depth * Tile::kPitchW + column, args.w + from, valid);
  }

  LIMPID_HD static void add(int thread, const float* shared, Registers& mine) {
    mine.sums.template add<Tile>(thread, shared);
  }

  LIMPID_HD static void finish(int thread, std::int64_t block, const Args& args,
                               const Registers& mine) {
    const std::int64_t first = block / column_blocks(args) * kRows;
    mine.sums.each(thread, [&](int owner, auto at) {
      float bias[4];
      LIMPID_UNROLL for (int c = 0; c < 4; ++c) {
        const int n = mine.column + Sums::column(owner, c);
        bias[c] = args.bias != nullptr && n < args.n ? args.bias[n] : 0.0f;
      }
      LIMPID_UNROLL for (int r = 0; r < 4; ++r) {
        const std::int64_t row = first + Sums::row(owner, r);
        if (row >= args.rows()) return;  // so are those that follow
        float* y = args.y.row(row);
        LIMPID_UNROLL for (int c = 0; c < 4; c += Sums::kTogether) {
          Together v;
          LIMPID_UNROLL for (int i = 0; i < Sums::kTogether; ++i) v.v[i] =
              at(r, c + i).re + bias[c + i];
          write(mine.column + Sums::column(owner, c), v, args, y);
        }
      }
    });
  }

  // Outputs of a thread that lie side by side, the first of them at an even place.
  struct alignas(Sums::kTogether * sizeof(float)) Together {
    float v[Sums::kTogether];
  };
  LIMPID_HD static void write(int n, Together v, const Args& args, float* y) {
    if (args.end == LinearEnd::gate) {
      LIMPID_UNROLL for (int i = 0; i < Sums::kTogether; i += 2) if (n + i < args.n)
          y[(n + i) / 2] = v.v[i] / (1.0f + std::exp(-v.v[i + 1]));
    } else if (args.wide_y && n + Sums::kTogether <= args.n) {
      auto* to = reinterpret_cast<Together*>(y + n);
      const Together before = args.end == LinearEnd::add ? *to : Together{};
      LIMPID_UNROLL for (int i = 0; i < Sums::kTogether; ++i) v.v[i] =
          ended(v.v[i], n + i, before.v[i], args);
      *to = v;
    } else {
      LIMPID_UNROLL for (int i = 0; i < Sums::kTogether; ++i) if (n + i < args.n) y[n + i] =
          ended(v.v[i], n + i, y[n + i], args);
    }
  }
  LIMPID_HD static float ended(float v, int n, const float& y, const Args& args) {
    if (args.end == LinearEnd::add) return y + v;
    if (args.end == LinearEnd::gelu) return 0.5f * v * (1.0f + std::erf(v * 0.70710678f));
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
