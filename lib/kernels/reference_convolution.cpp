// SPDX-License-Identifier: MIT
// The oracles of the convolution kernels, in double.
#include <complex>
#include <cstdint>
#include <numbers>

#include "lib/kernels/fir.h"
#include "lib/kernels/negacyclic_fft.h"

namespace limpid::kernels::reference {

void fir(const float* x, const float* h, int taps, int n, float* y) noexcept {
  for (int i = 0; i < n; ++i) {
    double sum = y[i];
    for (int tap = 0; tap < taps; ++tap) sum += double{h[tap]} * x[i - tap];
    y[i] = static_cast<float>(sum);
  }
}

void negacyclic_spectrum(const float* earlier, const float* later, int size, float* spectrum) {
  for (int k = 0; k < size; ++k) {
    std::complex<double> sum = 0;
    for (int n = 0; n < size; ++n) {
      const int quarters =
          static_cast<int>(std::int64_t{n} * (1 - 4 * std::int64_t{k}) % (4 * std::int64_t{size}));
      sum += std::complex<double>(earlier[n], later[n]) *
             std::polar(1.0, std::numbers::pi * quarters / (2.0 * size));
    }
    spectrum[2 * k] = static_cast<float>(sum.real());
    spectrum[2 * k + 1] = static_cast<float>(sum.imag());
  }
}

void multiply_accumulate_spectra(const float* x, std::ptrdiff_t x_stride, const float* h,
                                 std::ptrdiff_t h_stride, int parts, int blocks, int width,
                                 float* sum) noexcept {
  for (int b = 0; b < blocks; ++b, x += x_stride, h += h_stride, sum += 2 * width)
    for (int i = 0; i < width; ++i) {
      std::complex<double> value(sum[i], sum[width + i]);
      for (int p = 0; p < parts; ++p) {
        const int re = 2 * width * p + i, im = re + width;
        value += std::complex<double>(x[re], x[im]) * std::complex<double>(h[re], h[im]);
      }
      sum[i] = static_cast<float>(value.real());
      sum[width + i] = static_cast<float>(value.imag());
    }
}

}  // namespace limpid::kernels::reference
