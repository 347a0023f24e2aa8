// SPDX-License-Identifier: MIT
// The product of real_product.h where activations are stored as numbers of 16 bits (strip_tiles.h):
// k, segments and strides count words of two such numbers, n counts outputs. Segments are whole
// eights of words and n whole sixteens, all at multiples of 16 bytes.
#pragma once

#include <cmath>
#include <span>
#include <vector>

#include "lib/kernels/cuda/real_product.h"
#include "lib/kernels/cuda/strip_tiles.h"

namespace limpid::kernels::cuda {

// exp(x) where what is made of it is rounded to 11 bits next: of two instructions.
LIMPID_HD float coarse_exp(float x) {
#ifdef __CUDA_ARCH__
  float power;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(power) : "f"(x * 1.44269504f));
  return power;
#else
  return std::exp(x);
#endif
}

// What becomes of a strip's sums, and where it goes: of two rows a lane, from output `first` on.
template <Arithmetic kArithmetic>
struct StripEnd {
  using Number = NumberOf<kArithmetic>;
  using Outputs = StripOutputs<Number>;
  using Sums = StripSums<Number, StripOrder::kColumns / 8>;

  LinearEnd end;
  int n;                         // how many outputs a row has
  const float* bias;             // [n]; null: none
  const float* slope = nullptr;  // [n], of prelu

  // row(r): where row r of the strip lies, null beyond the last.
  template <class Row>
  LIMPID_HD void write(int thread, int column, const Sums& sums, Row row) const {
    LIMPID_UNROLL for (int half = 0; half < 2; ++half) {
      Outputs rows[Warp::kLanes];
      LIMPID_UNROLL for (int i = 0; i < Warp::kLanes; ++i)
          LIMPID_UNROLL for (int o = 0; o < Outputs::kCount; ++o) rows[i]
              .v[o] = sums.sums[o / 2][i][2 * half + o % 2];
      LIMPID_UNROLL for (int i = 0; i < Warp::kLanes; ++i) {
        const int lane = Warp::lane(thread, i), first = column + lane % 4 * Outputs::kCount;
        float* const y = first < n ? row(lane / 4 + 8 * half) : nullptr;
        if (y != nullptr) write(rows[i], first, y);
      }
    }
  }

 private:
  LIMPID_HD void write(Outputs& v, int first, float* y) const {
    if (bias != nullptr)
      LIMPID_UNROLL for (int o = 0; o < Outputs::kCount; ++o) v.v[o] += bias[first + o];
    if (end == LinearEnd::gate) {  // into the first half of them
      LIMPID_UNROLL for (int o = 0; o < Outputs::kCount; o += 2) v.v[o / 2] =
          v.v[o] / (1.0f + coarse_exp(-v.v[o + 1]));
      return v.template write<Outputs::kCount / 2>(y + first / 4);
    }
    if (end == LinearEnd::add) v.add_what_is_at(y + first / 2);
    if (end == LinearEnd::gelu) LIMPID_UNROLL for (float& o : v.v) o = gelu_of<kArithmetic>(o);
    if (end == LinearEnd::prelu)
      LIMPID_UNROLL for (int o = 0; o < Outputs::kCount; ++o) if (v.v[o] < 0) v.v[o] *=
          slope[first + o];
    v.template write<Outputs::kCount>(y + first / 2);
  }
};

template <Arithmetic kArithmetic>
struct StripProduct {
  using Args = RealProductArgs;
  using End = StripEnd<kArithmetic>;
  using Sums = typename End::Sums;
  static constexpr int kThreads = 256, kRows = 128, kStrip = 16, kColumns = StripOrder::kColumns;
  static constexpr int kDepth = 16, kPitch = kDepth + 4;  // eight rows lie in different banks
  static constexpr int kFirstW = kRows * kPitch, kShared = kFirstW + kColumns * kPitch;
  static constexpr int kBlocks = 3;
  static constexpr bool kSettles = false;
  static_assert(kThreads / 32 * kStrip == kRows);

  struct Registers {
    ProductRow row;
    std::int32_t column;  // first of the block
    Sums sums;
  };

  LIMPID_HD static int column_blocks(const Args& args) {
    return (args.n + kColumns - 1) / kColumns;
  }
  static std::int64_t blocks(const Args& args) {
    return (args.rows() + kRows - 1) / kRows * column_blocks(args);
  }
  LIMPID_HD static std::int64_t first_row(std::int64_t block, const Args& args) {
    return block / column_blocks(args) * kRows;
  }
  LIMPID_HD static int steps(const Args& args, const Registers&) {
    return (args.k + kDepth - 1) / kDepth;
  }

  LIMPID_HD static void begin(int thread, std::int64_t block, const Args& args, Registers& mine) {
    mine.row.begin(first_row(block, args) + thread / 2, args);
    mine.column = static_cast<int>(block % column_blocks(args)) * kColumns;
    mine.sums.clear();
  }
  // A thread brings eight words of a row of x and four of a column of w.
  LIMPID_HD static void fill(int thread, int step, float* tile, const Args& args, Registers& mine) {
    const int in_row = thread % 2 * 8, in_column = thread % 4 * 4, column = thread / 4;
    const float* from = mine.row.input(step * kDepth + in_row, args);
    float* const to = tile + thread / 2 * kPitch + in_row;
    const bool there = from != nullptr;
    if (!there) from = args.w;
    copy_four_later(to, from, there);
    copy_four_later(to + 4, there ? from + 4 : from, there);
    const int word = step * kDepth + in_column;
    copy_four_later(tile + kFirstW + Sums::column_at(column, in_column, kPitch),
                    args.w + (word < args.k ? (mine.column + column) * args.k + word : 0),
                    word < args.k);
  }
  LIMPID_HD static void add(int thread, const float* tile, Registers& mine) {
    if (!Warp::works(thread)) return;
    LIMPID_UNROLL for (int word = 0; word < kDepth; word += 8) {
      FragmentX x;
      Sums::load_rows(thread, tile + thread / 32 * kStrip * kPitch + word, kPitch, x);
      LIMPID_UNROLL for (int pair = 0; pair < kColumns / 16; ++pair) {
        FragmentW w[2];
        Sums::load_columns(thread, tile + kFirstW + pair * 16 * kPitch + word, kPitch, w);
        mine.sums.add(pair, x, w);
      }
    }
  }
  LIMPID_HD static void settle(int, float*, const Registers&) {}

  LIMPID_HD static void finish(int thread, std::int64_t block, const Args& args,
                               const Registers& mine) {
    if (!Warp::works(thread)) return;
    const std::int64_t first = first_row(block, args) + thread / 32 * kStrip;
    End{args.end, args.n, args.bias, args.slope}.write(thread, mine.column, mine.sums, [&](int r) {
      return first + r < args.rows() ? mine.row.output(first + r, args) : nullptr;
    });
  }
};

// f.template operator()<Program>(), of this file or of real_product.h.
template <Arithmetic kArithmetic, class F>
auto with_product_of(const RealProductArgs& args, F f) {
  if constexpr (NumberOf<kArithmetic>::kInputs == 2)
    if (args.packed) return f.template operator()<StripProduct<kArithmetic>>();
  return with_real_product<kArithmetic>(args.n, args.rows(), f);
}

// Columns of a matrix [inputs][outputs] in StripOrder, whole 64 of them: zeros for those that the
// last ones lack.
inline std::vector<float> in_strip_order(std::span<const float> by_input, int inputs, int outputs) {
  constexpr int kColumns = StripOrder::kColumns;
  std::vector<float> ordered;
  for (int input = 0; input < inputs; ++input)
    for (int column = 0; column < (outputs + kColumns - 1) / kColumns * kColumns; ++column) {
      const int output = column / kColumns * kColumns + StripOrder::output(column % kColumns);
      ordered.push_back(
          output < outputs ? by_input[static_cast<std::size_t>(input * outputs + output)] : 0.0f);
    }
  return ordered;
}

// Weights [inputs][outputs] as a strip product reads them: of each of those columns, words of
// inputs, of which there are whole twos.
inline std::vector<float> strip_words(Arithmetic arithmetic, std::span<const float> by_input,
                                      int inputs, int outputs) {
  const std::vector<float> ordered = in_strip_order(by_input, inputs, outputs);
  const auto columns = std::ssize(ordered) / inputs;
  std::vector<float> words;
  with_arithmetic(arithmetic, [&]<Arithmetic kArithmetic>() {
    using Number = NumberOf<kArithmetic>;
    if constexpr (Number::kInputs == 2)
      for (auto column = ordered.begin(); column < ordered.begin() + columns; ++column)
        for (int input = 0; input < inputs; input += 2)
          words.push_back(
              float_of(Number::word(column[input * columns], column[(input + 1) * columns])));
  });
  return words;
}

}  // namespace limpid::kernels::cuda
