// SPDX-License-Identifier: MIT
#include "lib/nn/rotary.h"

#include <cmath>

namespace limpid::nn {

Rotary::Rotary(int width, double base) {
  for (int i = 0; i < width / 2; ++i) speeds_.push_back(std::pow(base, -2.0 * i / width));
  for (int frame = 0; frame < kBlock; ++frame)
    for (const double speed : speeds_) offsets_.push_back(std::polar(1.0, frame * speed));
}

void Rotary::angles(std::int64_t frame, std::span<float> out) const LIMPID_REALTIME {
  angles(frame, 1, out);
}

void Rotary::angles(std::int64_t first, int frames, std::span<float> out) const LIMPID_REALTIME {
  const std::size_t count = speeds_.size();
  for (std::size_t i = 0; i < count; ++i) {
    std::complex<double> start;
    for (int f = 0; f < frames; ++f) {
      const auto offset = static_cast<std::size_t>((first + f) % kBlock);
      if (f == 0 || offset == 0)
        start = std::polar(1.0, static_cast<double>((first + f) / kBlock * kBlock) * speeds_[i]);
      const auto& step = offsets_[offset * count + i];
      float* angles = out.data() + static_cast<std::size_t>(f) * 2 * count;
      // Written out: std::complex's product guards against infinities that cannot occur.
      angles[i] = static_cast<float>(start.real() * step.real() - start.imag() * step.imag());
      angles[count + i] =
          static_cast<float>(start.real() * step.imag() + start.imag() * step.real());
    }
  }
}

void Rotary::turn(const float* x, const float* angles, float* y) const LIMPID_REALTIME {
  const std::size_t count = speeds_.size();
  for (std::size_t i = 0; i < count; ++i) {
    const float a = x[i], b = x[count + i], cosine = angles[i], sine = angles[count + i];
    y[i] = a * cosine - b * sine;
    y[count + i] = a * sine + b * cosine;
  }
}

}  // namespace limpid::nn
