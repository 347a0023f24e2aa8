// SPDX-License-Identifier: MIT
// Products of the spectra of real signals, as they lie after a complex FFT of half the size.
//
// z[n] = x[2n] + i x[2n+1] has the spectrum Z[k] = E + iO, E and O being those of the even and the
// odd samples; X[k] = E + W^k O, W = exp(-2 pi i / 2m). Frequencies k and p = m - k come from Z[k]
// and Z[p] together: 2E = Z[k] + conj Z[p], 2iO = Z[k] - conj Z[p], conj X[p] = E - W^k O.
//
// After the last forward stage a column holds frequencies base + P j, j = 0 .. 15, P = m / 16;
// those of p are in the column of -base, in reversed order. So a thread that takes the two columns
// multiplies spectra in its registers. `slot` numbers the 32 values: 16 of the one column, 16 of
// the other.
#pragma once

#include "lib/kernels/cuda/dft.h"

namespace limpid::kernels::cuda {

inline constexpr int kColumn = 16;          // values of a column
inline constexpr int kSlots = 2 * kColumn;  // of a pair of columns

// y = x * filter, for the 32 values of a pair of columns. The filter's are H[k] / 4m and conj H[p]
// / 4m.
struct SpectrumProduct {
  static constexpr bool kReturns = true;
  const Complex* filter;  // [slot][stride]
  int stride;

  LIMPID_HD Complex at(int slot) const { return filter[slot * stride]; }
  LIMPID_HD void pair(Complex& zk, Complex& zp, Complex w, int slot_k, int slot_p) const {
    const Complex even = zk + conj(zp), odd = w * times_minus_i(zk - conj(zp));
    const Complex yk = (even + odd) * at(slot_k), yp = (even - odd) * at(slot_p);
    const Complex e = yk + yp, io = times_i((yk - yp) * conj(w));
    zk = e + io;
    zp = conj(e - io);
  }
  // Frequencies 0 and m, both real, share a value.
  LIMPID_HD void ends(Complex& z, int slot) const {
    const Complex h = at(slot);
    const float y0 = 2 * (z.re + z.im) * h.re, ym = 2 * (z.re - z.im) * h.im;
    z = {y0 + ym, y0 - ym};
  }
  LIMPID_HD void middle(Complex& z, int slot) const { z = 4.0f * (z * conj(at(slot))); }
};

// Makes what SpectrumProduct reads out of the filter's own half-size transform. scale: 1 / 4m.
struct SpectrumSplit {
  static constexpr bool kReturns = false;
  Complex* filter;  // [slot][stride]
  int stride;
  float scale;

  LIMPID_HD void put(int slot, Complex value) const { filter[slot * stride] = scale * value; }
  LIMPID_HD void pair(Complex zk, Complex zp, Complex w, int slot_k, int slot_p) const {
    const Complex even = zk + conj(zp), odd = w * times_minus_i(zk - conj(zp));
    put(slot_k, 0.5f * (even + odd));
    put(slot_p, 0.5f * (even - odd));
  }
  LIMPID_HD void ends(Complex z, int slot) const { put(slot, {z.re + z.im, z.re - z.im}); }
  LIMPID_HD void middle(Complex z, int slot) const { put(slot, conj(z)); }
};

// Calls f for every pair of frequencies. w: W^base of column a; `own`: a is the column of base 0
// and b that of P / 2, each of which is its own mirror image, and w is W^(P/2).
template <class F>
LIMPID_HD void for_each_pair(Complex (&a)[kColumn], Complex (&b)[kColumn], Complex w, bool own,
                             F f) {
  if (!own) {
    LIMPID_UNROLL for (int j = 0; j < kColumn; ++j)
        f.pair(a[j], b[kColumn - 1 - j], rotated(w, j, 2 * kColumn), j, kSlots - 1 - j);
    return;
  }
  f.ends(a[0], 0);
  LIMPID_UNROLL for (int j = 1; j < kColumn / 2; ++j)
      f.pair(a[j], a[kColumn - j], rotated(Complex{1, 0}, j, 2 * kColumn), j, kColumn - j);
  f.middle(a[kColumn / 2], kColumn / 2);
  LIMPID_UNROLL for (int j = 0; j < kColumn / 2; ++j)
      f.pair(b[j], b[kColumn - 1 - j], rotated(w, j, 2 * kColumn), kColumn + j, kSlots - 1 - j);
}

// The middle of a row transform for one thread: two columns whose frequencies mirror each other.
template <class Points>
struct ColumnTask {
  Points a_at, b_at;  // where the rows lie that the columns are of
  int a, b;           // the columns
  Complex root;       // W^base of column a, or W^(P/2), as for_each_pair() wants it
  bool own;
};

// The last forward stage, `use` for every pair of frequencies; if it returns products, the first
// inverse stage as well, the values of which are left swapped().
template <class Points, class Use>
LIMPID_HD void transform_columns(const ColumnTask<Points>& task, Use use) {
  Complex a[kColumn], b[kColumn];
  LIMPID_UNROLL for (int j = 0; j < kColumn; ++j) {
    a[j] = task.a_at.template get<1>(task.a * kColumn, j);
    b[j] = task.b_at.template get<1>(task.b * kColumn, j);
  }
  dft<kColumn>(a);
  dft<kColumn>(b);
  for_each_pair(a, b, task.root, task.own, use);
  if constexpr (Use::kReturns) {
    LIMPID_UNROLL for (int j = 0; j < kColumn; ++j) {
      a[j] = swapped(a[j]);
      b[j] = swapped(b[j]);
    }
    dft<kColumn>(a);
    dft<kColumn>(b);
    LIMPID_UNROLL for (int j = 0; j < kColumn; ++j) {
      task.a_at.template set<1>(task.a * kColumn, j, a[j]);
      task.b_at.template set<1>(task.b * kColumn, j, b[j]);
    }
  }
}

template <class Points>
LIMPID_HD void clear_columns(const ColumnTask<Points>& task) {
  LIMPID_UNROLL for (int j = 0; j < kColumn; ++j) {
    task.a_at.template set<1>(task.a * kColumn, j, {0, 0});
    task.b_at.template set<1>(task.b * kColumn, j, {0, 0});
  }
}

}  // namespace limpid::kernels::cuda
