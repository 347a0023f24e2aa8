// SPDX-License-Identifier: MIT
#include "lib/dsp/chirp_fft.h"

#include <algorithm>
#include <bit>
#include <numbers>

namespace limpid::dsp {
namespace {

constexpr std::complex<float> kJ{0.0f, 1.0f};

// [count], entry n being exp(-2 pi j f(n) / size).
template <class F>
std::vector<std::complex<float>> turned(std::size_t count, std::size_t size, F f) {
  std::vector<std::complex<float>> circle(count);
  for (std::size_t n = 0; n < count; ++n) {
    const double turns = static_cast<double>(f(n)) / static_cast<double>(size);
    circle[n] = std::complex<float>(std::polar(1.0, -2 * std::numbers::pi * turns));
  }
  return circle;
}

}  // namespace

ChirpFft::ChirpFft(int size)
    : half_(static_cast<std::size_t>(size) / 2),
      size_of_wide_(std::bit_ceil(2 * half_ - 1)),
      wide_(static_cast<int>(size_of_wide_)),
      real_(half_),
      imaginary_(half_),
      chirp_(turned(half_, 2 * half_, [this](std::size_t n) { return n * n % (2 * half_); })),
      turns_(turned(half_ + 1, 2 * half_, [](std::size_t k) { return k; })),
      of_real_(size_of_wide_ / 2 + 1),
      of_imaginary_(size_of_wide_ / 2 + 1),
      waiting_(size_of_wide_ / 2 + 1),
      time_(2 * half_),
      spectrum_(half_ + 1) {
  if (wide_.ready()) make_filter();
}

// n k = (n^2 + k^2 - (k - n)^2) / 2. The filter is the conjugate chirp, the same at -n as at n: so
// the spectra of its real and of its imaginary part are both real.
void ChirpFft::make_filter() {
  const auto spectrum_of = [&](auto part, std::vector<float>& spectrum) {
    float* time = wide_.time();
    std::fill_n(time, size_of_wide_, 0.0f);
    for (std::size_t n = 0; n < half_; ++n) {
      const float value = part(std::conj(chirp_[n])) / static_cast<float>(size_of_wide_);
      time[n] = time[n == 0 ? 0 : size_of_wide_ - n] = value;
    }
    wide_.forward();
    for (std::size_t k = 0; k < spectrum.size(); ++k) spectrum[k] = wide_.spectrum()[k].real();
  };
  spectrum_of([](const cfloat& z) { return z.real(); }, of_real_);
  spectrum_of([](const cfloat& z) { return z.imag(); }, of_imaginary_);
}

void ChirpFft::multiply_by_chirp() LIMPID_REALTIME {
  for (std::size_t n = 0; n < half_; ++n) {
    const cfloat point = cfloat{real_[n], imaginary_[n]} * chirp_[n];
    real_[n] = point.real();
    imaginary_[n] = point.imag();
  }
}

void ChirpFft::transform_wide(const std::vector<float>& part) LIMPID_REALTIME {
  float* rest = std::ranges::copy(part, wide_.time()).out;
  std::fill(rest, wide_.time() + size_of_wide_, 0.0f);
  wide_.forward();
}

// Point k becomes the sum over n of point n times exp(-2 pi j k n / half).
void ChirpFft::transform() LIMPID_REALTIME {
  cfloat* bins = wide_.spectrum();
  multiply_by_chirp();
  transform_wide(real_);
  std::copy_n(bins, waiting_.size(), waiting_.begin());
  transform_wide(imaginary_);
  for (std::size_t k = 0; k < waiting_.size(); ++k) {
    const cfloat x = waiting_[k], y = bins[k];
    bins[k] = x * of_real_[k] - y * of_imaginary_[k];
    waiting_[k] = x * of_imaginary_[k] + y * of_real_[k];
  }
  wide_.inverse();
  std::copy_n(wide_.time(), half_, real_.begin());
  std::ranges::copy(waiting_, bins);
  wide_.inverse();
  std::copy_n(wide_.time(), half_, imaginary_.begin());
  multiply_by_chirp();
}

// Even samples are the real parts of the points, odd ones the imaginary parts.
void ChirpFft::forward() LIMPID_REALTIME {
  for (std::size_t n = 0; n < half_; ++n) {
    real_[n] = time_[2 * n];
    imaginary_[n] = time_[2 * n + 1];
  }
  transform();
  for (std::size_t k = 0; k <= half_; ++k) {
    const std::size_t at = k % half_, mirrored = (half_ - k) % half_;
    const cfloat a{real_[at], imaginary_[at]}, b{real_[mirrored], -imaginary_[mirrored]};
    spectrum_[k] = 0.5f * (a + b - kJ * turns_[k] * (a - b));
  }
}

// Backwards is forwards with real and imaginary parts swapped.
void ChirpFft::inverse() LIMPID_REALTIME {
  for (std::size_t k = 0; k < half_; ++k) {
    const cfloat a = spectrum_[k], b = std::conj(spectrum_[half_ - k]);
    const cfloat point = a + b + kJ * std::conj(turns_[k]) * (a - b);
    real_[k] = point.imag();
    imaginary_[k] = point.real();
  }
  transform();
  for (std::size_t n = 0; n < half_; ++n) {
    time_[2 * n] = imaginary_[n];
    time_[2 * n + 1] = real_[n];
  }
}

}  // namespace limpid::dsp
