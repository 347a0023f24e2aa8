// SPDX-License-Identifier: MIT
// Y = leaky(scale * (X W) + shift) for complex X and complex or real W: every convolution,
// transposed convolution and linear layer of a complex network, with its bias, batch norm and
// activation (FRCRN section 1.5), and the transforms in front of it and behind it. Rows of X are
// read in place, as kernels::gemm does it: they may overlap, and come in segments, one for each
// time tap.
#pragma once

#include <cstdint>
#include <type_traits>

#include "lib/kernels/cuda/product_sums.h"

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
  const float *w_re, *w_im;          // [k][n]; w_im is not read where weights are real
  const float *scale[2], *shift[2];  // [n], of the real and the imaginary part
  float slope;                       // leaky(v) = max(v, slope v): 0 is ReLU, 1 does nothing
  ComplexRows<float> y;              // as many rows as x; fewer than 2^31
};

// How products are added (product_sums.h).
enum class Arithmetic {
  exact,   // float
  tf32x3,  // tensor cores: three products of numbers of 11 bits, which keep 22
  tf32     // tensor cores: one
};

// Columns of outputs in a block: 64, 32 or 16; rows: what leaves every thread 4 x 4 outputs.
template <int kColumns, ProductKind kKind, Arithmetic kArithmetic = Arithmetic::exact>
struct ComplexProduct {
  using Parts = ProductParts<kKind>;
  using Sums =
      std::conditional_t<kArithmetic == Arithmetic::exact, ExactSums<kColumns, Parts>,
                         TensorSums<kColumns, Parts, kArithmetic == Arithmetic::tf32x3 ? 3 : 1>>;
  using Args = ComplexProductArgs;
  static constexpr int kThreads = 256;
  static constexpr int kRows = kThreads * 16 / kColumns;

  // What lies in shared memory: a step's inputs.
  struct Tile {
    static constexpr int kDepth = 16;
    static constexpr int kPitchX = kRows + Sums::kPadX, kPitchW = kColumns + Sums::kPadW;
    static constexpr int kX = kDepth * kPitchX, kW = kDepth * kPitchW;  // one part
    static constexpr int kFirstW = (Parts::kX ? 2 : 1) * kX;
    LIMPID_HD static int x_at(int input, int row) { return input * kPitchX + row; }
  };
  static constexpr int kShared = Tile::kFirstW + (Parts::kW ? 2 : 1) * Tile::kW;
  static constexpr int kFilled = kThreads / Tile::kDepth;  // rows that a pass of all threads fills

  struct Registers {
    const float* rows[kRows / kFilled];  // that this thread fills; null beyond the last
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
    return (args.k + Tile::kDepth - 1) / Tile::kDepth;
  }

  LIMPID_HD static void begin(int thread, std::int64_t block, const Args& args, Registers& mine) {
    const std::int64_t first = block / column_blocks(args) * kRows;
    mine.column = static_cast<int>(block % column_blocks(args)) * kColumns;
    LIMPID_UNROLL for (int i = 0; i < kRows / kFilled; ++i) {
      const std::int64_t row = first + i * kFilled + thread / Tile::kDepth;
      mine.rows[i] = row < args.x.total() ? args.x.row(row) : nullptr;
    }
    mine.sums.clear();
  }

  LIMPID_HD static void fill(int thread, int step, float* shared, const Args& args,
                             const Registers& mine) {
    const int depth = thread % Tile::kDepth, k = step * Tile::kDepth + depth;
    const std::int64_t at = k / args.segment * args.segment_stride + k % args.segment;
    LIMPID_UNROLL for (int i = 0; i < kRows / kFilled; ++i) {
      const bool valid = mine.rows[i] != nullptr && k < args.k;
      const float* from = valid ? mine.rows[i] + at : args.w_re;  // any address that may be read
      float* to = shared + depth * Tile::kPitchX + i * kFilled + thread / Tile::kDepth;
      copy_later(to, from, valid);
      if constexpr (Parts::kX)
        copy_later(to + Tile::kX, valid ? from + args.x.imaginary : from, valid);
    }
    for (int i = thread; i < Tile::kDepth * kColumns; i += kThreads) {
      const int row = i / kColumns, input = step * Tile::kDepth + row,
                column = mine.column + i % kColumns;
      const bool valid = input < args.k && column < args.n;
      const std::int64_t from = valid ? static_cast<std::int64_t>(input) * args.n + column : 0;
      float* to = shared + Tile::kFirstW + row * Tile::kPitchW + i % kColumns;
      copy_later(to, args.w_re + from, valid);
      if constexpr (Parts::kW) copy_later(to + Tile::kW, args.w_im + from, valid);
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
