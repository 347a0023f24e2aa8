// SPDX-License-Identifier: MIT
// How a block of ComplexProduct (complex_product.h) adds: 256 threads have 4096 outputs, 4 x 4
// each; in float on CUDA cores, or on tensor cores, whose numbers product_numbers.h has.
//
// Both see a tile of inputs as it lies in shared memory: Tile::kDepth words of Tile::kRows rows of
// x, each at Tile::x_at() of its part, and of kColumns outputs of w, [part][word][column].
#pragma once

#include <cstdint>
#include <type_traits>

#include "lib/kernels/cuda/product_numbers.h"
#include "lib/kernels/cuda/tiled_program.h"

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

// A warp has 32 rows of 16 outputs, as 2 x 2 fragments.
template <int kColumns, class Parts, class Number>
struct TensorSums {
  static constexpr int kTogether = 2;
  static constexpr int kPadX = 8, kPadW = 8;  // 4 words of 8 rows or outputs lie in 32 banks
  static constexpr int kParts = Number::kParts;
  FragmentSum re[2][2], im[2][2];

  LIMPID_HD void clear() {
    LIMPID_UNROLL for (int m = 0; m < 2; ++m) LIMPID_UNROLL for (int n = 0; n < 2; ++n)
        LIMPID_UNROLL for (int i = 0; i < Warp::kLanes; ++i)
            LIMPID_UNROLL for (int e = 0; e < 4; ++e) re[m][n][i][e] = im[m][n][i][e] = 0;
  }

  struct X {
    FragmentX parts[kParts];
  };
  struct W {
    FragmentW parts[kParts];

    LIMPID_HD W negated() const {
      W minus = *this;
      LIMPID_UNROLL for (int p = 0; p < kParts; ++p)
          LIMPID_UNROLL for (int i = 0; i < Warp::kLanes; ++i)
              LIMPID_UNROLL for (int e = 0; e < 2; ++e) minus.parts[p][i][e] ^= Number::kSigns;
      return minus;
    }
  };

  template <int kElements>
  LIMPID_HD static void split(float word, int lane, int e,
                              std::uint32_t (&to)[kParts][Warp::kLanes][kElements]) {
    std::uint32_t parts[kParts];
    Number::split(bits_of(word), parts);
    LIMPID_UNROLL for (int p = 0; p < kParts; ++p) to[p][lane][e] = parts[p];
  }
  // Rows m of the warp's two times 16 and words from `first` on.
  template <class Tile>
  LIMPID_HD static void load(int thread, const float* x, int first, int m, X& to) {
    if constexpr (Warp::kLanes == 1 && requires { requires Tile::kAlongWords; }) {
      const int lane = thread % 32;
      load_matrices(x + Tile::x_at(first + lane / 16 * 4, row_of(thread, 0, 2 * m) + lane % 16),
                    to.parts[0][0]);
    } else {
      LIMPID_UNROLL for (int i = 0; i < Warp::kLanes; ++i)
          LIMPID_UNROLL for (int e = 0; e < 4; ++e) {
        const int lane = Warp::lane(thread, i), word = first + lane % 4 + e / 2 * 4;
        split(x[Tile::x_at(word, row_of(thread, lane, 2 * m + e % 2))], i, e, to.parts);
      }
    }
  }
  // Outputs n of its two times 8.
  template <class Tile>
  LIMPID_HD static void load(int thread, const float* w, int first, int n, W& to) {
    LIMPID_UNROLL for (int i = 0; i < Warp::kLanes; ++i) LIMPID_UNROLL for (int e = 0; e < 2; ++e) {
      const int lane = Warp::lane(thread, i), word = first + lane % 4 + e * 4;
      split(w[word * Tile::kPitchW + first_column(thread) + n * 8 + lane / 4], i, e, to.parts);
    }
  }
  // The small products first.
  LIMPID_HD static void add_product(FragmentSum& c, const X& x, const W& w) {
    if constexpr (kParts == 2) {
      multiply<Number>(c, x.parts[1], w.parts[0]);
      multiply<Number>(c, x.parts[0], w.parts[1]);
    }
    multiply<Number>(c, x.parts[0], w.parts[0]);
  }

  template <class Tile>
  LIMPID_HD void add(int thread, const float* shared) {
    add_to<Tile, 1>(thread, shared, shared + Tile::kFirstW, this);
  }
  // The same for kSets neighbouring blocks of columns, for each of which x is loaded but once.
  template <class Tile, int kSets>
  LIMPID_HD static void add_to(int thread, const float* x, const float* w, TensorSums* sums) {
    if (!Warp::works(thread)) return;
    const auto eight = [&](int first) {
      X xr[2], xi[2];
      LIMPID_UNROLL for (int m = 0; m < 2; ++m) {
        load<Tile>(thread, x, first, m, xr[m]);
        if constexpr (Parts::kX) load<Tile>(thread, x + Tile::kX, first, m, xi[m]);
      }
      LIMPID_UNROLL for (int set = 0; set < kSets; ++set) LIMPID_UNROLL for (int n = 0; n < 2; ++n)
          sums[set]
              .template add_outputs<Tile>(thread, w + set * kColumns, first, n, xr, xi);
    };
    if constexpr (kSets == 2 && Parts::kX && Parts::kW) {  // two eights at once have no registers
      LIMPID_NO_UNROLL for (int first = 0; first < Tile::kDepth; first += 8) eight(first);
    } else {
      LIMPID_UNROLL for (int first = 0; first < Tile::kDepth; first += 8) eight(first);
    }
  }
  // Of eight of a warp's outputs, from loaded words.
  template <class Tile>
  LIMPID_HD void add_outputs(int thread, const float* w, int first, int n, const X (&xr)[2],
                             const X (&xi)[2]) {
    W a, b, minus;
    load<Tile>(thread, w, first, n, a);
    if constexpr (Parts::kW) load<Tile>(thread, w + Tile::kW, first, n, b);
    if constexpr (Parts::kW && Parts::kX) minus = b.negated();
    LIMPID_UNROLL for (int m = 0; m < 2; ++m) {
      add_product(re[m][n], xr[m], a);
      if constexpr (Parts::kX && Parts::kW) add_product(re[m][n], xi[m], minus);
      if constexpr (Parts::kX && Parts::kY) add_product(im[m][n], xi[m], a);
      if constexpr (Parts::kW && Parts::kY) add_product(im[m][n], xr[m], b);
    }
  }

  // Warps lie beside each other along outputs, then along rows.
  LIMPID_HD static int first_column(int thread) { return thread / 32 % (kColumns / 16) * 16; }
  LIMPID_HD static int row_of(int thread, int lane, int r) {
    return thread / 32 / (kColumns / 16) * 32 + r / 2 * 16 + r % 2 * 8 + lane / 4;
  }
  LIMPID_HD static int row(int thread, int r) { return row_of(thread, thread % 32, r); }
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

// Exact: how a block adds in float.
template <Arithmetic kArithmetic, class Exact, int kColumns, class Parts = RealParts>
using SumsOf = std::conditional_t<kArithmetic == Arithmetic::exact, Exact,
                                  TensorSums<kColumns, Parts, NumberOf<kArithmetic>>>;

}  // namespace limpid::kernels::cuda
