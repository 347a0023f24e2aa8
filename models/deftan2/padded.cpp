// SPDX-License-Identifier: MIT
#include "models/deftan2/padded.h"

#include <cmath>
#include <numbers>

#include "lib/kernels/elementwise.h"

namespace limpid::models {

Padded::Padded(AudioView<const float> audio, int hop)
    : length_(audio.extent(1)),
      hop_(hop),
      samples_({audio.extent(0), padded(length_, hop) + 2 * std::ptrdiff_t{hop}}) {
  const std::ptrdiff_t size = samples_.extent(1);
  for (std::ptrdiff_t m = 0; m < audio.extent(0); ++m) {
    float* const x = samples_.view()[m].data();
    kernels::repair(audio[m].data(), static_cast<int>(length_), x + kFront * hop);
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
    for (const float v : own[m].span()) sum += static_cast<double>(v);
  const double mean = sum / count;
  for (std::ptrdiff_t m = 0; m < own.extent(0); ++m)
    for (const float v : own[m].span())
      squares += (static_cast<double>(v) - mean) * (static_cast<double>(v) - mean);
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
