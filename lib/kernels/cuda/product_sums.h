// SPDX-License-Identifier: MIT
// How a block of ComplexProduct (complex_product.h) adds: 256 threads have 4096 outputs, 4 x 4
// each; in float on CUDA cores, or on tensor cores in tf32, which has float's exponents and 11
// bits.
//
// Both see a tile of inputs as it lies in shared memory: Tile::kDepth inputs of Tile::kRows rows of
// x, each at Tile::x_at() of its part, and of kColumns outputs of w, [part][input][column].
#pragma once

#include <bit>
#include <cstdint>

#include "lib/kernels/cuda/tiled_program.h"
#include "lib/kernels/cuda/warp.h"

namespace limpid::kernels::cuda {

// What is real, and neither read, added nor written where it is imaginary.
enum class ProductKind { complex, real_weights, real_input, real_output };

template <ProductKind kKind>
struct ProductParts {
  static constexpr bool kX = kKind != ProductKind::real_input;  // imaginary parts
  static constexpr bool kW = kKind != ProductKind::real_weights;
  static constexpr bool kY = kKind != ProductKind::real_output;
};
struct RealParts {
  static constexpr bool kX = false, kW = false, kY = false;
};

// A thread has 4 neighbouring rows of 4 neighbouring outputs.
template <int kColumns, class Parts>
struct ExactSums {
  static constexpr int kPadX = 4, kPadW = 0;  // x is filled along inputs and read along rows
  Complex sum[4][4];

  LIMPID_HD void clear() {
    LIMPID_UNROLL for (int r = 0; r < 4; ++r) LIMPID_UNROLL for (int c = 0; c < 4; ++c)
        sum[r][c] = {0, 0};
  }

  template <class Tile>
  LIMPID_HD void add(int thread, const float* shared) {
    const float* x = shared + row(thread, 0);
    const float* w = shared + Tile::kFirstW + column(thread, 0);
    LIMPID_UNROLL for (int depth = 0; depth < Tile::kDepth; ++depth) {
      const Four re = load_four(x + depth * Tile::kPitchX),
                 a = load_four(w + depth * Tile::kPitchW);
      Four im = re, b = a;
      if constexpr (Parts::kX) im = load_four(x + Tile::kX + depth * Tile::kPitchX);
      if constexpr (Parts::kW) b = load_four(w + Tile::kW + depth * Tile::kPitchW);
      LIMPID_UNROLL for (int r = 0; r < 4; ++r) LIMPID_UNROLL for (int c = 0; c < 4; ++c) {
        sum[r][c].re += re.v[r] * a.v[c];
        if constexpr (Parts::kX && Parts::kW) sum[r][c].re -= im.v[r] * b.v[c];
        if constexpr (Parts::kX && Parts::kY) sum[r][c].im += im.v[r] * a.v[c];
        if constexpr (Parts::kW && Parts::kY) sum[r][c].im += re.v[r] * b.v[c];
      }
    }
  }

  LIMPID_HD static int row(int thread, int r) { return thread / (kColumns / 4) * 4 + r; }
  LIMPID_HD static int column(int thread, int c) { return thread % (kColumns / 4) * 4 + c; }
  // f(thread, at), at(r, c) being the sum in row(thread, r) and column(thread, c).
  template <class F>
  LIMPID_HD void each(int thread, F f) const {
    f(thread, [&](int r, int c) { return sum[r][c]; });
  }
};

// To the nearest number of tf32, ties away from zero.
LIMPID_HD std::uint32_t to_tf32(float x) {
#ifdef __CUDA_ARCH__
  std::uint32_t bits;
  asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(bits) : "f"(x));
  return bits;
#else
  return (std::bit_cast<std::uint32_t>(x) + 0x1000u) & ~0x1fffu;
#endif
}

// What a lane holds of 16 x 8 inputs of x, of 8 x 8 weights and of 16 x 8 sums, for
// mma.m16n8k8: element e of x is in row lane / 4 + e % 2 * 8 and input lane % 4 + e / 2 * 4, of w
// in that input (e * 4 for e / 2 * 4) and output lane / 4, of sums in row lane / 4 + e / 2 * 8 and
// output lane % 4 * 2 + e % 2.
using Tf32X = std::uint32_t[Warp::kLanes][4];
using Tf32W = std::uint32_t[Warp::kLanes][2];
using Tf32Sum = float[Warp::kLanes][4];

// c += x w.
LIMPID_HD void multiply(Tf32Sum& c, const Tf32X& x, const Tf32W& w) {
#ifdef __CUDA_ARCH__
  asm("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 "
      "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
      : "+f"(c[0][0]), "+f"(c[0][1]), "+f"(c[0][2]), "+f"(c[0][3])
      : "r"(x[0][0]), "r"(x[0][1]), "r"(x[0][2]), "r"(x[0][3]), "r"(w[0][0]), "r"(w[0][1]));
#else
  for (int row = 0; row < 16; ++row)
    for (int column = 0; column < 8; ++column) {
      float a[8], b[8];
      for (int k = 0; k < 8; ++k) {
        a[k] = std::bit_cast<float>(x[row % 8 * 4 + k % 4][row / 8 + k / 4 * 2]);
        b[k] = std::bit_cast<float>(w[column * 4 + k % 4][k / 4]);
      }
      float& sum = c[row % 8 * 4 + column / 2][row / 8 * 2 + column % 2];
      sum = tensor_sum(sum, a, b);
    }
#endif
}

// A warp has 32 rows of 16 outputs, as 2 x 2 fragments. kProducts: 1, what tf32 rounds away is
// lost; 3, every number is high + low and only low times low is left out, which keeps 22 bits.
template <int kColumns, class Parts, int kProducts>
struct TensorSums {
  static_assert(kProducts == 1 || kProducts == 3);
  static constexpr int kTogether = 2;
  static constexpr int kPadX = 8, kPadW = 8;  // 4 inputs of 8 rows or outputs lie in 32 banks
  static constexpr int kHalves = kProducts == 3 ? 2 : 1;
  Tf32Sum re[2][2], im[2][2];

  LIMPID_HD void clear() {
    LIMPID_UNROLL for (int m = 0; m < 2; ++m) LIMPID_UNROLL for (int n = 0; n < 2; ++n)
        LIMPID_UNROLL for (int i = 0; i < Warp::kLanes; ++i)
            LIMPID_UNROLL for (int e = 0; e < 4; ++e) re[m][n][i][e] = im[m][n][i][e] = 0;
  }

  struct X {
    Tf32X halves[kHalves];
  };
  struct W {
    Tf32W halves[kHalves];
  };

  LIMPID_HD static void split(float value, std::uint32_t& high) { high = to_tf32(value); }
  LIMPID_HD static void split(float value, std::uint32_t& high, std::uint32_t& low) {
    high = to_tf32(value);
    low = to_tf32(value - as_float(high));
  }
  LIMPID_HD static float as_float(std::uint32_t bits) {
#ifdef __CUDA_ARCH__
    return __uint_as_float(bits);
#else
    return std::bit_cast<float>(bits);
#endif
  }

  // Rows m of the warp's two times 16 and inputs from `first` on.
  template <class Tile>
  LIMPID_HD static void load_x(int thread, const float* x, int first, int m, X& to) {
    LIMPID_UNROLL for (int i = 0; i < Warp::kLanes; ++i) LIMPID_UNROLL for (int e = 0; e < 4; ++e) {
      const int lane = Warp::lane(thread, i), input = first + lane % 4 + e / 2 * 4;
      const float value = x[Tile::x_at(input, row_of(thread, lane, 2 * m + e % 2))];
      if constexpr (kHalves == 2)
        split(value, to.halves[0][i][e], to.halves[1][i][e]);
      else
        split(value, to.halves[0][i][e]);
    }
  }
  template <class Tile>
  LIMPID_HD static void load_w(int thread, const float* w, int first, int n, float sign, W& to) {
    LIMPID_UNROLL for (int i = 0; i < Warp::kLanes; ++i) LIMPID_UNROLL for (int e = 0; e < 2; ++e) {
      const int lane = Warp::lane(thread, i), input = first + lane % 4 + e * 4;
      const float value = sign * w[input * Tile::kPitchW + first_column(thread) + n * 8 + lane / 4];
      if constexpr (kHalves == 2)
        split(value, to.halves[0][i][e], to.halves[1][i][e]);
      else
        split(value, to.halves[0][i][e]);
    }
  }
  // The small products first.
  LIMPID_HD static void add_product(Tf32Sum& c, const X& x, const W& w) {
    if constexpr (kHalves == 2) {
      multiply(c, x.halves[1], w.halves[0]);
      multiply(c, x.halves[0], w.halves[1]);
    }
    multiply(c, x.halves[0], w.halves[0]);
  }

  template <class Tile>
  LIMPID_HD void add(int thread, const float* shared) {
    if (!Warp::works(thread)) return;
    const float *x = shared, *w = shared + Tile::kFirstW;
    LIMPID_UNROLL for (int first = 0; first < Tile::kDepth; first += 8) {
      X xr[2], xi[2];
      LIMPID_UNROLL for (int m = 0; m < 2; ++m) {
        load_x<Tile>(thread, x, first, m, xr[m]);
        if constexpr (Parts::kX) load_x<Tile>(thread, x + Tile::kX, first, m, xi[m]);
      }
      LIMPID_UNROLL for (int n = 0; n < 2; ++n) {
        W a, b, minus;
        load_w<Tile>(thread, w, first, n, 1.0f, a);
        if constexpr (Parts::kW) load_w<Tile>(thread, w + Tile::kW, first, n, 1.0f, b);
        if constexpr (Parts::kW && Parts::kX)
          load_w<Tile>(thread, w + Tile::kW, first, n, -1.0f, minus);
        LIMPID_UNROLL for (int m = 0; m < 2; ++m) {
          add_product(re[m][n], xr[m], a);
          if constexpr (Parts::kX && Parts::kW) add_product(re[m][n], xi[m], minus);
          if constexpr (Parts::kX && Parts::kY) add_product(im[m][n], xi[m], a);
          if constexpr (Parts::kW && Parts::kY) add_product(im[m][n], xr[m], b);
        }
      }
    }
  }

  // Warps lie beside each other along outputs, then along rows.
  LIMPID_HD static int first_column(int thread) {
    return thread / 32 % (kColumns / 16) * 16;
  }
  LIMPID_HD static int row_of(int thread, int lane, int r) {
    return thread / 32 / (kColumns / 16) * 32 + r / 2 * 16 + r % 2 * 8 + lane / 4;
  }
  LIMPID_HD static int row(int thread, int r) {
    return row_of(thread, thread % 32, r);
  }
  LIMPID_HD static int column(int thread, int c) {
    return first_column(thread) + c / 2 * 8 + thread % 4 * 2 + c % 2;
  }
  template <class F>
  LIMPID_HD void each(int thread, F f) const {
    if (!Warp::works(thread)) return;
    LIMPID_UNROLL for (int i = 0; i < Warp::kLanes; ++i)
        f(thread - thread % 32 + Warp::lane(thread, i), [&](int r, int c) {
          const int e = r % 2 * 2 + c % 2;
          return Complex{re[r / 2][c / 2][i][e], im[r / 2][c / 2][i][e]};
        });
  }
};

}  // namespace limpid::kernels::cuda
