// SPDX-License-Identifier: MIT
// The oracles of element-wise kernels, gemm and fsmn_memory: the definitions in their headers,
// written as plain loops in double.
#include <algorithm>
#include <cmath>

#include "lib/kernels/elementwise.h"
#include "lib/kernels/fsmn.h"
#include "lib/kernels/gemm.h"

namespace limpid::kernels::reference {
namespace {

float rounded(double v) noexcept {
  return static_cast<float>(v);
}

double leaky(double v, double slope) noexcept {
  return std::max(v, slope * v);
}

template <class T>
T* row(const Rows<T>& rows, std::ptrdiff_t index) noexcept {
  const std::ptrdiff_t k = index % rows.count[2];
  const std::ptrdiff_t j = index / rows.count[2] % rows.count[1];
  const std::ptrdiff_t i = index / rows.count[2] / rows.count[1];
  return rows.data + i * rows.stride[0] + j * rows.stride[1] + k * rows.stride[2];
}

}  // namespace

void gemm(const Rows<const float>& a, int segments, std::ptrdiff_t segment_stride,
          std::span<const float> b_rows, int n, int k, std::span<const float> bias,
          Activation activation, const Rows<float>& c) noexcept {
  const int length = k / segments;
  for (std::ptrdiff_t r = 0; r < a.total(); ++r) {
    for (int col = 0; col < n; ++col) {
      const float* b = b_rows.data() + static_cast<std::ptrdiff_t>(col) * k;
      double sum = bias.empty() ? 0.0 : bias[static_cast<std::size_t>(col)];
      for (int p = 0; p < k; ++p)
        sum += double{row(a, r)[p / length * segment_stride + p % length]} * b[p];
      row(c, r)[col] = rounded(activation == Activation::relu ? std::max(sum, 0.0) : sum);
    }
  }
}

void fsmn_memory(const float* x, std::ptrdiff_t x_stride, int history, int steps, int channels,
                 std::span<const float> w, int taps, float* y, std::ptrdiff_t y_stride) noexcept {
  for (int s = 0; s < steps; ++s) {
    for (int c = 0; c < channels; ++c) {
      double sum = 0;
      for (int j = 0; j < taps; ++j) {
        const int from = s - (taps - 1) + j;
        if (from >= -history)
          sum += double{w[static_cast<std::size_t>(j * channels + c)]} * x[from * x_stride + c];
      }
      y[s * y_stride + c] = rounded(sum);
    }
  }
}

void complex_norm_leaky(const float* ar, const float* bi, const float* ai, const float* br, int n,
                        const float* scale_re, const float* shift_re, const float* scale_im,
                        const float* shift_im, float slope, float* re, float* im) noexcept {
  for (int c = 0; c < n; ++c) {
    const double r = scale_re[c] * (double{ar[c]} - bi[c]) + shift_re[c];
    const double i = scale_im[c] * (double{ai[c]} + br[c]) + shift_im[c];
    re[c] = rounded(leaky(r, slope));
    im[c] = rounded(leaky(i, slope));
  }
}

void complex_residual(const float* xr, const float* xi, const float* fr, const float* gr,
                      const float* fi, const float* gi, int n, float* re, float* im) noexcept {
  for (int c = 0; c < n; ++c) {
    const double r = (double{xr[c]} + fr[c]) - (double{xi[c]} + gi[c]);
    const double i = (double{xi[c]} + fi[c]) + (double{xr[c]} + gr[c]);
    re[c] = rounded(r);
    im[c] = rounded(i);
  }
}

void multiply(const float* x, const float* gain, int n, float* y) noexcept {
  for (int i = 0; i < n; ++i) y[i] = x[i] * gain[i];
}

void accumulate(const float* x, int n, float* sum) noexcept {
  for (int i = 0; i < n; ++i) sum[i] += x[i];
}

void sigmoid(const float* x, int n, float* y) noexcept {
  for (int i = 0; i < n; ++i) y[i] = rounded(1.0 / (1.0 + std::exp(-double{x[i]})));
}

void add_tanh(const float* x, int n, float* y) noexcept {
  for (int i = 0; i < n; ++i) y[i] = rounded(y[i] + std::tanh(double{x[i]}));
}

void compress(const cfloat* x, int n, float scale, float exponent, float* re, float* im) noexcept {
  for (int i = 0; i < n; ++i) {
    const std::complex<double> v = double{scale} * std::complex<double>(x[i]);
    const double gain =
        exponent == 1.0f ? 1.0 : std::pow(std::norm(v) + 1e-12, (double{exponent} - 1) / 2);
    re[i] = rounded(v.real() * gain);
    im[i] = rounded(v.imag() * gain);
  }
}

void apply_mask(const cfloat* x, const float* mask_re, const float* mask_im, int n,
                cfloat* y) noexcept {
  for (int i = 0; i < n; ++i) {
    const auto v = std::complex<double>(x[i]) * std::complex<double>(mask_re[i], mask_im[i]);
    y[i] = {rounded(v.real()), rounded(v.imag())};
  }
}

void add_masked(const cfloat* x, const float* mask_re, const float* mask_im, int n,
                cfloat* y) noexcept {
  for (int i = 0; i < n; ++i) {
    const auto v = std::complex<double>(y[i]) +
                   std::complex<double>(x[i]) * std::complex<double>(mask_re[i], mask_im[i]);
    y[i] = {rounded(v.real()), rounded(v.imag())};
  }
}

std::size_t repair(const float* x, std::ptrdiff_t n, float* y) noexcept {
  std::size_t bad = 0;
  for (std::ptrdiff_t i = 0; i < n; ++i) {
    const bool finite = std::isfinite(x[i]);
    bad += finite ? 0 : 1;
    y[i] = finite ? std::clamp(x[i], -kLoudest, kLoudest) : 0.0f;
  }
  return bad;
}

}  // namespace limpid::kernels::reference
