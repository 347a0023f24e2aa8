// SPDX-License-Identifier: MIT
// What happens to single elements between the matrix products. All lengths are arbitrary.
// Complex data is planar (re[], im[]) inside networks and interleaved at the transform.
#pragma once

#include <complex>
#include <cstddef>

#include "lib/base/realtime.h"

namespace limpid::kernels {

using cfloat = std::complex<float>;

// The complex product from its real parts, then batch norm, then leaky ReLU, per channel c < n:
//   re[c] = leaky(scale_re[c] * (ar[c] - bi[c]) + shift_re[c])
//   im[c] = leaky(scale_im[c] * (ai[c] + br[c]) + shift_im[c]),   leaky(v) = max(v, slope * v)
// a = A x and b = B x for the two weight matrices of a complex layer (FRCRN section 1.5).
void complex_norm_leaky(const float* ar, const float* bi, const float* ai, const float* br, int n,
                        const float* scale_re, const float* shift_re, const float* scale_im,
                        const float* shift_im, float slope, float* re, float* im) LIMPID_REALTIME;

// The complex FSMN's sum: with F(x) = x + f and G(x) = x + g,
//   re[c] = (xr[c] + fr[c]) - (xi[c] + gi[c]),  im[c] = (xi[c] + fi[c]) + (xr[c] + gr[c]).
// re, im may be xr, xi.
void complex_residual(const float* xr, const float* xi, const float* fr, const float* gr,
                      const float* fi, const float* gi, int n, float* re,
                      float* im) LIMPID_REALTIME;

void multiply(const float* x, const float* gain, int n, float* y) LIMPID_REALTIME;  // y = x * gain
void accumulate(const float* x, int n, float* sum) LIMPID_REALTIME;                 // sum += x
void sigmoid(const float* x, int n, float* y) LIMPID_REALTIME;  // |error| <= 1e-6

// y[i] += tanh(x[i]); |error| of tanh <= 1e-6. The mask of several networks adds up.
void add_tanh(const float* x, int n, float* y) LIMPID_REALTIME;

// Interleaved spectrum -> planar, scaled, and power-compressed for the network's input:
//   v = scale * x;  (re, im) = v * (|v|^2 + 1e-12)^((exponent - 1) / 2).  exponent 1: plain copy.
// exponent must be 1 or 0.5.
void compress(const cfloat* x, int n, float scale, float exponent, float* re,
              float* im) LIMPID_REALTIME;

// y = x * (mask_re + j mask_im). y may be x.
void apply_mask(const cfloat* x, const float* mask_re, const float* mask_im, int n,
                cfloat* y) LIMPID_REALTIME;

// y += x * (mask_re + j mask_im). y may not be x.
void add_masked(const cfloat* x, const float* mask_re, const float* mask_im, int n,
                cfloat* y) LIMPID_REALTIME;

// y = x with non-finite samples as zero and the rest limited to +-kLoudest; returns how many were
// not finite. kLoudest leaves headroom for float files in integer scale, and squares without
// overflow. y may be x.
inline constexpr float kLoudest = 1e6f;
std::size_t repair(const float* x, std::ptrdiff_t n, float* y) LIMPID_REALTIME;

namespace reference {
void complex_norm_leaky(const float* ar, const float* bi, const float* ai, const float* br, int n,
                        const float* scale_re, const float* shift_re, const float* scale_im,
                        const float* shift_im, float slope, float* re, float* im) noexcept;
void complex_residual(const float* xr, const float* xi, const float* fr, const float* gr,
                      const float* fi, const float* gi, int n, float* re, float* im) noexcept;
void multiply(const float* x, const float* gain, int n, float* y) noexcept;
void accumulate(const float* x, int n, float* sum) noexcept;
void sigmoid(const float* x, int n, float* y) noexcept;
void add_tanh(const float* x, int n, float* y) noexcept;
void compress(const cfloat* x, int n, float scale, float exponent, float* re, float* im) noexcept;
void apply_mask(const cfloat* x, const float* mask_re, const float* mask_im, int n,
                cfloat* y) noexcept;
void add_masked(const cfloat* x, const float* mask_re, const float* mask_im, int n,
                cfloat* y) noexcept;
std::size_t repair(const float* x, std::ptrdiff_t n, float* y) noexcept;
}  // namespace reference

}  // namespace limpid::kernels
