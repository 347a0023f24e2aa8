// SPDX-License-Identifier: MIT
// Discrete Fourier transforms of 2 to 32 points in registers: v[k] <- sum over n of v[n] W^(nk), W
// = exp(-2 pi i / R). Every loop unrolls and every root of unity is a constant.
//
// Of the inputs those from kGiven on may be known to be zero, of the results those from kWanted on
// may not be wanted: R or R / 2 each.
#pragma once

#include "lib/kernels/cuda/host_device.h"

namespace limpid::kernels::cuda {

// cos(2 pi j / 32), 0 <= j <= 8.
LIMPID_HD constexpr float quarter_cosine(int j) {
  constexpr float kCosines[] = {1.0f,
                                0.98078528040323044913f,
                                0.92387953251128675613f,
                                0.83146961230254523708f,
                                0.70710678118654752440f,
                                0.55557023301960222474f,
                                0.38268343236508977173f,
                                0.19509032201612826785f,
                                0.0f};
  return kCosines[j];
}

// z exp(-2 pi i e / turn), `turn` a power of two of at most 32.
template <class Real>
LIMPID_HD ComplexOf<Real> rotated(ComplexOf<Real> z, int e, int turn) {
  const int angle = e * (32 / turn) & 31;
  const int rest = angle & 7;
  if (rest == 4) {
    const Real h{quarter_cosine(4)};
    z = {h * (z.re + z.im), h * (z.im - z.re)};
  } else if (rest != 0) {
    z = z * ComplexOf<Real>{Real{quarter_cosine(rest)}, Real{-quarter_cosine(8 - rest)}};
  }
  switch (angle >> 3) {
    case 1:
      return times_minus_i(z);
    case 2:
      return {-z.re, -z.im};
    case 3:
      return times_i(z);
    default:
      return z;
  }
}

template <int R, int kGiven = R, int kWanted = R, class Real>
LIMPID_HD void dft(ComplexOf<Real> (&v)[R]) {
  using Value = ComplexOf<Real>;
  if constexpr (R == 2) {
    const Value first = v[0], second = v[1];
    v[0] = kGiven == 1 ? first : first + second;
    if constexpr (kWanted > 1) v[1] = kGiven == 1 ? first : first - second;
  } else if constexpr (R == 4 && kGiven == 2) {
    const Value a = v[0], c = v[1], d = times_minus_i(v[1]);
    v[0] = a + c;
    v[1] = a + d;
    if constexpr (kWanted > 2) v[2] = a - c, v[3] = a - d;
  } else if constexpr (R == 4) {
    const Value a = v[0] + v[2], b = v[0] - v[2], c = v[1] + v[3];
    const Value d = times_minus_i(v[1] - v[3]);
    v[0] = a + c;
    v[1] = b + d;
    if constexpr (kWanted > 2) v[2] = a - c, v[3] = b - d;
  } else {  // R = A B, n = B na + nb, k = ka + A kb
    constexpr int A = 4, B = R / A;
    Value step[R];
    LIMPID_UNROLL for (int nb = 0; nb < B; ++nb) {
      Value column[A];
      LIMPID_UNROLL for (int na = 0; na < A * kGiven / R; ++na) column[na] = v[B * na + nb];
      dft<A, A * kGiven / R>(column);
      LIMPID_UNROLL for (int ka = 0; ka < A; ++ka) step[B * ka + nb] =
          rotated(column[ka], nb * ka, R);
    }
    LIMPID_UNROLL for (int ka = 0; ka < A; ++ka) {
      Value row[B];
      LIMPID_UNROLL for (int nb = 0; nb < B; ++nb) row[nb] = step[B * ka + nb];
      dft<B, B, B * kWanted / R>(row);
      LIMPID_UNROLL for (int kb = 0; kb < B * kWanted / R; ++kb) v[ka + A * kb] = row[kb];
    }
  }
}

}  // namespace limpid::kernels::cuda
