// SPDX-License-Identifier: MIT
#include "models/deftan2/padded.h"

#include <array>
#include <cmath>
#include <numbers>
#include <numeric>

#include "lib/kernels/elementwise.h"

namespace limpid::models {
namespace {

// sum of f(x) in double; eight sums at a time, as one alone would wait for itself.
template <class F>
double sum_of(std::span<const float> x, F f) noexcept {
  constexpr std::size_t kSums = 8;
  std::array<double, kSums> sums{};
  const std::size_t whole = x.size() / kSums * kSums;
  for (std::size_t i = 0; i < whole; i += kSums)
    for (std::size_t k = 0; k < kSums; ++k) sums[k] += f(static_cast<double>(x[i + k]));
  for (std::size_t i = whole; i < x.size(); ++i) sums[0] += f(static_cast<double>(x[i]));
  return std::accumulate(sums.begin(), sums.end(), 0.0);
}

}  // namespace

Padded::Padded(AudioView<const float> audio, int hop)
    : length_(audio.extent(1)),
      hop_(hop),
      samples_({audio.extent(0), padded(length_, hop) + 2 * std::ptrdiff_t{hop}}) {
  const std::ptrdiff_t size = samples_.extent(1);
  for (std::ptrdiff_t m = 0; m < audio.extent(0); ++m) {
    float* const x = samples_.view()[m].data();
    kernels::repair(audio[m].data(), length_, x + kFront * hop);
    for (std::ptrdiff_t n = 0; n < hop; ++n) {
      x[n] = x[2 * hop - n];
      x[size - 1 - n] = x[size - 1 - 2 * hop + n];
    }
  }
}

double Padded::level() const noexcept {
  const auto own = samples_.view().slice(1, hop_, padded(length_, hop_));
  double sum = 0, squares = 0;
  const double count = static_cast<double>(own.extent(0)) * static_cast<double>(own.extent(1));
  for (std::ptrdiff_t m = 0; m < own.extent(0); ++m)
    sum += sum_of(own[m].span(), [](double v) { return v; });
  const double mean = sum / count;
  for (std::ptrdiff_t m = 0; m < own.extent(0); ++m)
    squares += sum_of(own[m].span(), [mean](double v) { return (v - mean) * (v - mean); });
  return std::sqrt(squares / (count - 1));
}

std::vector<float> published_window(int size) {
  std::vector<float> window(static_cast<std::size_t>(size));
  for (int n = 0; n < size; ++n)
    window[static_cast<std::size_t>(n)] =
        static_cast<float>(0.5 - 0.5 * std::cos(2 * std::numbers::pi * n / size));
  return window;
}

}  // namespace limpid::models
