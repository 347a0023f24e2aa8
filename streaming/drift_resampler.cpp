// SPDX-License-Identifier: MIT
#include "streaming/drift_resampler.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace limpid::streaming {
namespace {

constexpr int kPhases = 256;  // rows of the table; between them weights are interpolated linearly
constexpr int kHalf = DriftResampler::kTaps / 2;

// Sinc under a Blackman window of kTaps samples, `x` samples from its middle.
double kernel(double x) noexcept {
  using std::numbers::pi;
  constexpr double half = kHalf;
  if (std::abs(x) >= half) return 0.0;
  const double window = 0.42 + 0.5 * std::cos(pi * x / half) + 0.08 * std::cos(2 * pi * x / half);
  return x == 0.0 ? window : window * std::sin(pi * x) / (pi * x);
}

}  // namespace

DriftResampler::DriftResampler(int rows, int max_block)
    : table_(static_cast<std::size_t>((kPhases + 1) * kTaps)),
      samples_({rows, kTaps + most_needed(max_block)}) {
  for (int phase = 0; phase <= kPhases; ++phase) {
    float* weights = table_.data() + phase * kTaps;
    double sum = 0.0;
    const auto weight = [&](int tap) {
      return kernel(tap - (kHalf - 1) - static_cast<double>(phase) / kPhases);
    };
    for (int tap = 0; tap < kTaps; ++tap) sum += weight(tap);
    for (int tap = 0; tap < kTaps; ++tap) weights[tap] = static_cast<float>(weight(tap) / sum);
  }
}

std::ptrdiff_t DriftResampler::needed(std::ptrdiff_t count, double step) const LIMPID_REALTIME {
  return static_cast<std::ptrdiff_t>(phase_ + static_cast<double>(count) * step);
}

void DriftResampler::process(AudioView<const float> in, double step,
                             AudioView<float> out) LIMPID_REALTIME {
  const auto fresh = in.extent(1), count = out.extent(1);
  for (std::ptrdiff_t row = 0; row < out.extent(0); ++row) {
    float* samples = samples_.view()[row].data();
    std::copy_n(in[row].data(), fresh, samples + kTaps);
    auto to = out[row];
    for (std::ptrdiff_t t = 0; t < count; ++t) {
      const double point = phase_ + static_cast<double>(t) * step;
      const auto whole = static_cast<std::ptrdiff_t>(point);
      to[t] = interpolate(samples + whole, point - static_cast<double>(whole));
    }
    std::copy_n(samples + fresh, kTaps, samples);
  }
  phase_ += static_cast<double>(count) * step - static_cast<double>(fresh);
}

float DriftResampler::interpolate(const float* samples, double fraction) const LIMPID_REALTIME {
  const double place = fraction * kPhases;
  const int phase = static_cast<int>(place);
  const float between = static_cast<float>(place - phase);
  const float* low = table_.data() + phase * kTaps;
  const float* high = low + kTaps;
  float sum = 0.0f;
  for (int tap = 0; tap < kTaps; ++tap)
    sum += samples[tap] * (low[tap] + between * (high[tap] - low[tap]));
  return sum;
}

void DriftResampler::start(AudioView<const float> in) LIMPID_REALTIME {
  phase_ = 0.0;
  for (std::ptrdiff_t row = 0; row < samples_.extent(0); ++row)
    std::copy_n(in[row].data(), kTaps, samples_.view()[row].data());
}

}  // namespace limpid::streaming
