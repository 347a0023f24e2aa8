// SPDX-License-Identifier: MIT
// Products of activations that are stored as numbers of 16 bits, two in a word: tiles of them are
// copies of memory, and nothing is rounded on the way. A warp has a strip of 16 rows to itself and
// 64 outputs of each, so whatever sees all outputs of a row stays within four lanes, each of which
// has 16 neighbours of two rows.
#pragma once

#include "lib/kernels/cuda/tile_words.h"

namespace limpid::kernels::cuda {

// Column 8 n + c of a product's 64, fragment n and column c of it, is output 16 (c / 2) + 2 n +
// c % 2: so a lane's columns, c / 2 == lane % 4, are neighbouring outputs. Weights lie in that
// order.
struct StripOrder {
  static constexpr int kColumns = 64;
  LIMPID_HD static int output(int column) {
    return column % 8 / 2 * 16 + column / 8 * 2 + column % 2;
  }
};

// Sums of a lane, or of a warp's on a CPU: kFragments times eight columns of 16 rows.
template <class Number, int kFragments>
struct StripSums {
  static_assert(Number::kInputs == 2);
  FragmentSum sums[kFragments];

  LIMPID_HD void clear() {
    LIMPID_UNROLL for (auto& fragment : sums) LIMPID_UNROLL for (int i = 0; i < Warp::kLanes; ++i)
        LIMPID_UNROLL for (int e = 0; e < 4; ++e) fragment[i][e] = 0;
  }

  // Rows of x or columns of w along words: row or column r at base + r * pitch.
  LIMPID_HD static void load_rows(int thread, const float* base, int pitch, FragmentX& x) {
#ifdef __CUDA_ARCH__
    const int lane = thread % 32;
    load_matrices(base + lane % 16 * pitch + lane / 16 * 4, x[0]);
#else
    each(thread, [&](int lane, int e) {
      x[lane][e] = bits_of(base[(lane / 4 + e % 2 * 8) * pitch + lane % 4 + e / 2 * 4]);
    });
#endif
  }
  // Where a tile has four words of a column, of whole sixteens of columns: what a lane's registers
  // need side by side, words of one column, are rows of matrices one after the other, as those of
  // x are, so that a lane looks at the same place for both.
  LIMPID_HD static int column_at(int column, int word, int pitch) {
    const int row = column / 16 * 16 + word / 4 % 2 * 8 + column % 8;
    return row * pitch + word / 8 * 8 + column % 16 / 8 * 4;
  }
  // Two fragments of eight columns each, side by side: those from `base` on.
  LIMPID_HD static void load_columns(int thread, const float* base, int pitch, FragmentW (&w)[2]) {
    FragmentX both;
    load_rows(thread, base, pitch, both);
    LIMPID_UNROLL for (int i = 0; i < Warp::kLanes; ++i) LIMPID_UNROLL for (int e = 0; e < 4; ++e)
        w[e / 2][i][e % 2] = both[i][e];
  }
  // The same where inputs are rows, and a word has two neighbouring columns: input k at base + k *
  // pitch.
  LIMPID_HD static void load_transposed_columns(int thread, const float* base, int pitch,
                                                FragmentW (&w)[2]) {
#ifdef __CUDA_ARCH__
    const int lane = thread % 32;
    std::uint32_t words[4];
    load_transposed(base + lane % 16 * pitch + lane / 16 * 4, words);
    LIMPID_UNROLL for (int e = 0; e < 4; ++e) w[e / 2][0][e % 2] = words[e];
#else
    each(thread, [&](int lane, int e) {
      w[e / 2][lane][e % 2] =
          transposed(base, pitch, lane / 4 + e / 2 * 8, lane % 4 * 2 + e % 2 * 8);
    });
#endif
  }
  LIMPID_HD void add(int pair, const FragmentX& x, const FragmentW (&w)[2]) {
    multiply<Number>(sums[2 * pair], x, w[0]);
    multiply<Number>(sums[2 * pair + 1], x, w[1]);
  }

 private:
#ifndef __CUDA_ARCH__
  template <class F>
  static void each(int, F f) {
    for (int lane = 0; lane < 32; ++lane)
      for (int e = 0; e < 4; ++e) f(lane, e);
  }
  // Inputs `first` and the one behind it of a column, as a word.
  static std::uint32_t transposed(const float* base, int pitch, int column, int first) {
    const auto bits = [&](int input) {
      return bits_of(base[input * pitch + column / 2]) >> column % 2 * 16 & 0xffffu;
    };
    return bits(first) | bits(first + 1) << 16;
  }
#endif
};

// 16 neighbouring outputs of a row, as they lie in memory: in eight words.
template <class Number>
struct StripOutputs {
  static constexpr int kCount = 16;
  float v[kCount];

  LIMPID_HD void add_what_is_at(const float* words) {
    LIMPID_UNROLL for (int half = 0; half < 2; ++half) {
      const auto eight = FourWords<Number>::from(load_four(words + 4 * half));
      LIMPID_UNROLL for (int i = 0; i < 8; ++i) v[8 * half + i] += eight.v[i / 4].v[i % 4];
    }
  }
  // The first kOutputs, 8 or 16.
  template <int kOutputs>
  LIMPID_HD void write(float* words) const {
    LIMPID_UNROLL for (int half = 0; half < kOutputs / 8; ++half) {
      FourWords<Number> eight;
      LIMPID_UNROLL for (int i = 0; i < 8; ++i) eight.v[i / 4].v[i % 4] = v[8 * half + i];
      *reinterpret_cast<Four*>(words + 4 * half) = eight.words();
    }
  }
};

}  // namespace limpid::kernels::cuda
