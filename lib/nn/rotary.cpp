// SPDX-License-Identifier: MIT
#include "lib/nn/rotary.h"

#include <cmath>

namespace limpid::nn {

Rotary::Rotary(int width, double base) {
  for (int i = 0; i < width / 2; ++i) frequencies_.push_back(std::pow(base, -2.0 * i / width));
  for (int frame = 0; frame < kBlock; ++frame)
    for (const double frequency : frequencies_)
      offsets_.push_back(std::polar(1.0, frame * frequency));
}

void Rotary::cos_sin(std::int64_t frame, std::span<float> out) const LIMPID_REALTIME {
  cos_sin(frame, 1, out);
}

void Rotary::cos_sin(std::int64_t first, int frames, std::span<float> out) const LIMPID_REALTIME {
  const std::size_t count = frequencies_.size();
  for (std::size_t i = 0; i < count; ++i) {
    std::complex<double> start;
    for (int f = 0; f < frames; ++f) {
      const auto offset = static_cast<std::size_t>((first + f) % kBlock);
      if (f == 0 || offset == 0)
        start =
            std::polar(1.0, static_cast<double>((first + f) / kBlock * kBlock) * frequencies_[i]);
      const auto& step = offsets_[offset * count + i];
      float* cos_sin = out.data() + static_cast<std::size_t>(f) * 2 * count;
      // Written out: std::complex's product guards against infinities that cannot occur.
      cos_sin[i] = static_cast<float>(start.real() * step.real() - start.imag() * step.imag());
      cos_sin[count + i] =
          static_cast<float>(start.real() * step.imag() + start.imag() * step.real());
    }
  }
}

void Rotary::rotate(const float* x, const float* cos_sin, float* y) const LIMPID_REALTIME {
  const std::size_t count = frequencies_.size();
  for (std::size_t i = 0; i < count; ++i) {
    const float a = x[i], b = x[count + i], cosine = cos_sin[i], sine = cos_sin[count + i];
    y[i] = a * cosine - b * sine;
    y[count + i] = a * sine + b * cosine;
  }
}

}  // namespace limpid::nn
