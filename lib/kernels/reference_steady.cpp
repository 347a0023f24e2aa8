// SPDX-License-Identifier: MIT
// The oracle of steady_filter: the definition in its header, as slow and plain as can be.
#include <algorithm>
#include <cmath>
#include <vector>

#include "lib/kernels/steady_filter.h"

namespace limpid::kernels::reference {
namespace {

using Complex = std::complex<double>;

// Gauss and Jordan on rows of [count | right side]; the matrix is positive definite.
void eliminate(std::vector<Complex>& rows, std::size_t count) {
  const std::size_t width = count + 1;
  for (std::size_t pivot = 0; pivot < count; ++pivot) {
    const Complex diagonal = rows[pivot * width + pivot];
    for (std::size_t c = 0; c < width; ++c) rows[pivot * width + c] /= diagonal;
    for (std::size_t row = 0; row < count; ++row) {
      const Complex factor = rows[row * width + pivot];
      if (row == pivot) continue;
      for (std::size_t c = 0; c < width; ++c)
        rows[row * width + c] -= factor * rows[pivot * width + c];
    }
  }
}

}  // namespace

void steady_filter(std::span<const std::complex<float>* const> inputs, int bins,
                   const SteadyRule& rule, std::complex<double>* sums,
                   std::complex<float>* estimate) {
  const std::size_t count = inputs.size(), width = count + 1;
  for (int bin = 0; bin < bins; ++bin, sums += count * width) {
    const Complex s = estimate[bin];
    double trace = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const Complex z = inputs[i][bin];
      for (std::size_t j = 0; j < width; ++j) {
        Complex& sum = sums[i * width + j];
        sum = double{rule.keep} * sum + z * std::conj(j < count ? Complex(inputs[j][bin]) : s);
      }
      trace += sums[i * width + i].real();
    }
    std::vector<Complex> rows(sums, sums + count * width);
    for (std::size_t i = 0; i < count; ++i)
      rows[i * width + i] += double{rule.loading} * trace / static_cast<double>(count) + 1e-12;
    eliminate(rows, count);
    Complex y = 0;
    for (std::size_t i = 0; i < count; ++i)
      y += std::conj(rows[i * width + count]) * Complex(inputs[i][bin]);
    const double most = double{rule.limit} * std::abs(s) / (std::abs(y) + 1e-9);
    const double share = rule.share;
    estimate[bin] = std::complex<float>((1 - share) * s + share * std::min(most, 1.0) * y);
  }
}

}  // namespace limpid::kernels::reference
