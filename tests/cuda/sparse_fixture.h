// SPDX-License-Identifier: MIT
// What a frequency-sparse convolution must give: the filter without those frequencies, by a plain
// transform in double. Shared by the tests of the arithmetic and those of the device.
#pragma once

#include <complex>
#include <numbers>

#include "lib/kernels/cuda/sparse_tables.h"
#include "tests/cuda/conv_fixture.h"

namespace limpid::kernels::cuda {

// In place, unscaled; a power of two of values. sign -1: forward.
inline void transform(std::vector<std::complex<double>>& x, double sign) {
  const std::size_t n = x.size();
  if (n == 1) return;
  std::vector<std::complex<double>> even, odd;
  for (std::size_t i = 0; i < n; i += 2) even.push_back(x[i]), odd.push_back(x[i + 1]);
  transform(even, sign);
  transform(odd, sign);
  for (std::size_t k = 0; k < n / 2; ++k) {
    const double angle =
        sign * 2 * std::numbers::pi * static_cast<double>(k) / static_cast<double>(n);
    const auto turned = odd[k] * std::polar(1.0, angle);
    x[k] = even[k] + turned;
    x[k + n / 2] = even[k] - turned;
  }
}

// The filter of `points` taps that is left of `taps`.
inline std::vector<double> left_of(const float* taps, std::int64_t count, std::int64_t points,
                                   const Pattern& kept) {
  std::vector<std::complex<double>> x(static_cast<std::size_t>(points));
  for (std::int64_t n = 0; n < std::min(count, points); ++n)
    x[static_cast<std::size_t>(n)] = double{taps[n]};
  transform(x, -1);
  for (std::size_t k = 0; k < x.size(); ++k)
    if (kept[k % kept.size()] == 0) x[k] = 0;
  transform(x, 1);
  std::vector<double> left;
  for (const auto& v : x) left.push_back(v.real() / static_cast<double>(points));
  return left;
}

// Of `y` against the product of the row and what is left of its filter, modulo x^points - 1.
template <class T>
double snr_of_sparse(const ConvData<T>& data, std::int64_t points, const std::vector<T>& y) {
  const LongConvSpec& spec = data.spec;
  std::vector<double> got, want;
  for (std::int64_t row = 0; row < spec.lanes * spec.channels; ++row) {
    const auto filter = left_of(data.filters.data() + row % spec.channels * spec.taps,
                                std::min(spec.taps, spec.length), points, spec.kept);
    for (std::int64_t t = 0; t < spec.length; t += 1 + spec.length / 40) {
      double sum = 0;
      for (std::int64_t s = 0; s < spec.length; ++s)
        sum += data.input(static_cast<std::size_t>(row * spec.length + s)) *
               filter[static_cast<std::size_t>((t - s + points) % points)];
      const auto at = static_cast<std::size_t>(row * spec.length + t);
      got.push_back(double{to_float(y[at])});
      want.push_back(data.gate_out.empty() ? sum : sum * double{to_float(data.gate_out[at])});
    }
  }
  return snr(got, want);
}

inline Pattern first_of(std::size_t kept, std::size_t size) {  // and its mirror image
  Pattern pattern(size, 0);
  for (std::size_t k = 0; k < kept; ++k) pattern[k] = pattern[(size - k) % size] = 1;
  return pattern;
}

}  // namespace limpid::kernels::cuda
