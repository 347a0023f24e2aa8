// SPDX-License-Identifier: MIT
// Y = leaky(scale * (X W) + shift) for complex or real X and W: every convolution, transposed
// convolution and linear layer of a network, with its bias, batch norm and activation (FRCRN
// section 1.5), and the transforms in front of it and behind it. Rows of X are read in place, as
// kernels::gemm does it: they may overlap, and come in segments, one for each time tap.
#pragma once

#include <cmath>
#include <cstdint>

#include "lib/kernels/cuda/tiled_program.h"

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

// What becomes of v = scale * (X W) + shift: leaky(v); and of real products also gelu(v), y + v.
enum class ProductEnd { leaky, gelu, add };

struct ComplexProductArgs {
  ComplexRows<const float> x;
  std::int32_t k, n;                 // inputs and outputs of a row
  std::int32_t segment;              // inputs of a segment; k is a multiple of it
  std::int64_t segment_stride;       // floats from a segment to the next
  const float *w_re, *w_im;          // [k][n]; w_im is not read where weights are real
  const float *scale[2], *shift[2];  // [n], of the real and the imaginary part
  float slope;                       // leaky(v) = max(v, slope v): 0 is ReLU, 1 does nothing
  ComplexRows<float> y;              // as many rows as x; fewer than 2^31
  ProductEnd end = ProductEnd::leaky;
};

// What is real, and neither read, added nor written where it is imaginary; `real`: everything.
enum class ProductKind { complex, real_weights, real_input, real_output, real };

// Columns of outputs in a block: 64, 32 or 16; rows: what leaves every thread 4 x 4 outputs.
template <int kColumns, ProductKind kKind>
struct ComplexProduct {
  static constexpr bool kReal = kKind == ProductKind::real;
  static constexpr bool kComplexX = !kReal && kKind != ProductKind::real_input;
  static constexpr bool kComplexW = !kReal && kKind != ProductKind::real_weights;
  static constexpr bool kComplexY = !kReal && kKind != ProductKind::real_output;
  using Args = ComplexProductArgs;
  static constexpr int kThreads = 256, kDepth = 16;  // inputs of a step
  static constexpr int kRows = kThreads * 16 / kColumns;
  static constexpr int kFilled = kThreads / kDepth;  // rows that a pass of all threads fills
  static constexpr int kPitch = kRows + 4;           // filled along inputs, read along rows
  static constexpr int kX = kDepth * kPitch, kW = kDepth * kColumns;
  static constexpr int kFirstW = (kComplexX ? 2 : 1) * kX;
  static constexpr int kShared = kFirstW + (kComplexW ? 2 : 1) * kW;

  struct Registers {
    const float* rows[kRows / kFilled];  // that this thread fills; null beyond the last
    Complex sum[4][4];
    int column;  // first of the block
  };

  LIMPID_HD static std::int64_t column_blocks(const Args& args) {
    return (args.n + kColumns - 1) / kColumns;
  }
  static std::int64_t blocks(const Args& args) {
    return (args.x.total() + kRows - 1) / kRows * column_blocks(args);
  }
  LIMPID_HD static int steps(const Args& args) { return (args.k + kDepth - 1) / kDepth; }

  LIMPID_HD static void begin(int thread, std::int64_t block, const Args& args, Registers& mine) {
    const std::int64_t first = block / column_blocks(args) * kRows;
    mine.column = static_cast<int>(block % column_blocks(args)) * kColumns;
    LIMPID_UNROLL for (int i = 0; i < kRows / kFilled; ++i) {
      const std::int64_t row = first + i * kFilled + thread / kDepth;
      mine.rows[i] = row < args.x.total() ? args.x.row(row) : nullptr;
    }
    LIMPID_UNROLL for (int r = 0; r < 4; ++r) LIMPID_UNROLL for (int c = 0; c < 4; ++c)
        mine.sum[r][c] = {0, 0};
  }

  LIMPID_HD static void fill(int thread, int step, float* shared, const Args& args,
                             const Registers& mine) {
    const int depth = thread % kDepth, k = step * kDepth + depth;
    const std::int64_t at = k / args.segment * args.segment_stride + k % args.segment;
    LIMPID_UNROLL for (int i = 0; i < kRows / kFilled; ++i) {
      const bool valid = mine.rows[i] != nullptr && k < args.k;
      const float* from = valid ? mine.rows[i] + at : args.w_re;  // any address that may be read
      float* to = shared + depth * kPitch + i * kFilled + thread / kDepth;
      copy_later(to, from, valid);
      if constexpr (kComplexX) copy_later(to + kX, valid ? from + args.x.imaginary : from, valid);
    }
    for (int i = thread; i < kW; i += kThreads) {
      const int input = step * kDepth + i / kColumns, column = mine.column + i % kColumns;
      const bool valid = input < args.k && column < args.n;
      const std::int64_t from = valid ? static_cast<std::int64_t>(input) * args.n + column : 0;
      copy_later(shared + kFirstW + i, args.w_re + from, valid);
      if constexpr (kComplexW) copy_later(shared + kFirstW + kW + i, args.w_im + from, valid);
    }
  }

  LIMPID_HD static void add(int thread, const float* shared, Registers& mine) {
    const float* x = shared + thread / (kColumns / 4) * 4;
    const float* w = shared + kFirstW + thread % (kColumns / 4) * 4;
    LIMPID_UNROLL for (int depth = 0; depth < kDepth; ++depth) {
      const Four re = load_four(x + depth * kPitch), a = load_four(w + depth * kColumns);
      Four im = re, b = a;
      if constexpr (kComplexX) im = load_four(x + kX + depth * kPitch);
      if constexpr (kComplexW) b = load_four(w + kW + depth * kColumns);
      LIMPID_UNROLL for (int r = 0; r < 4; ++r) LIMPID_UNROLL for (int c = 0; c < 4; ++c) {
        Complex& sum = mine.sum[r][c];
        sum.re += re.v[r] * a.v[c];
        if constexpr (kComplexX && kComplexW) sum.re -= im.v[r] * b.v[c];
        if constexpr (kComplexX && kComplexY) sum.im += im.v[r] * a.v[c];
        if constexpr (kComplexW && kComplexY) sum.im += re.v[r] * b.v[c];
      }
    }
  }

  LIMPID_HD static float leaky(float v, const Args& args) {
    return v > args.slope * v ? v : args.slope * v;
  }
  LIMPID_HD static float ended(float v, const float& y, const Args& args) {
    if constexpr (kReal) {
      if (args.end == ProductEnd::add) return y + v;
      if (args.end == ProductEnd::gelu)
        return 0.5f * v * (1.0f + std::erf(v * 0.70710678118654752f));
    }
    return leaky(v, args);
  }

  LIMPID_HD static void finish(int thread, std::int64_t block, const Args& args,
                               const Registers& mine) {
    const std::int64_t first = block / column_blocks(args) * kRows + thread / (kColumns / 4) * 4;
    const int column = mine.column + thread % (kColumns / 4) * 4;
    LIMPID_UNROLL for (int r = 0; r < 4; ++r) {
      if (first + r >= args.y.total()) return;
      float* y = args.y.row(first + r);
      LIMPID_UNROLL for (int c = 0; c < 4; ++c) {
        const int n = column + c;
        if (n >= args.n) continue;
        const float re = args.scale[0][n] * mine.sum[r][c].re + args.shift[0][n];
        y[n] = ended(re, y[n], args);
        if constexpr (!kComplexY) continue;
        const float im = args.scale[1][n] * mine.sum[r][c].im + args.shift[1][n];
        y[n + args.y.imaginary] = leaky(im, args);
      }
    }
  }
};

// Calls f with the program that wastes least of n outputs: f.template operator()<Program>().
template <ProductKind kKind, class F>
auto with_product(int n, F f) {
  if (n > 32) return f.template operator()<ComplexProduct<64, kKind>>();
  if (n > 16) return f.template operator()<ComplexProduct<32, kKind>>();
  return f.template operator()<ComplexProduct<16, kKind>>();
}

}  // namespace limpid::kernels::cuda
