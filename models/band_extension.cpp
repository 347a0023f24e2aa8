// SPDX-License-Identifier: MIT
#include "models/band_extension.h"

#include <algorithm>
#include <cmath>

#include "models/settling.h"

namespace limpid::models {
namespace {

// Fractions of the band, so that they mean the same at every bin width.
constexpr double kEdge = 1.0 / 16;          // 7.5..8 kHz of a band of 8 kHz
constexpr double kTop = 3.0 / 8;            // 5..8 kHz
constexpr double kBlend = 1.0 / 8;          // 8..9 kHz
constexpr float kSmoothingSeconds = 0.02f;  // mask magnitudes jitter; hiss must not

// Of bins [from, to), weighted by their power.
float mean_magnitude(const std::complex<float>* spectrum, std::span<const float> re,
                     std::span<const float> im, std::size_t stride, int from, int to) noexcept {
  float total = 0.0f, passed = 0.0f;
  for (auto k = static_cast<std::size_t>(from); k < static_cast<std::size_t>(to); ++k) {
    const float power = std::norm(spectrum[k]) + BandExtension::kSilence;
    float gain = 0.0f;
    for (std::size_t tap = k; tap < re.size(); tap += stride)
      gain += re[tap] * re[tap] + im[tap] * im[tap];
    total += power;
    passed += power * gain;
  }
  return total > 0.0f ? std::min(1.0f, std::sqrt(passed / total)) : 0.0f;
}

}  // namespace

int BandExtension::edge(int band) noexcept {
  return band - static_cast<int>(kEdge * band);
}
int BandExtension::top(int band) noexcept {
  return band - static_cast<int>(kTop * band);
}
float BandExtension::decay(double frame_seconds) noexcept {
  return std::exp(static_cast<float>(-frame_seconds) / kSmoothingSeconds);
}
int BandExtension::settle(double frame_seconds) noexcept {
  return static_cast<int>(std::ceil(kSettlingTimes * double{kSmoothingSeconds} / frame_seconds));
}
float BandExtension::blend(int band) noexcept {
  return 1.0f / static_cast<float>(std::max(1.0, kBlend * band));
}

BandExtension::BandExtension(int band, int bins, double frame_seconds, int lanes, int taps)
    : band_(band),
      bins_(bins),
      taps_(taps),
      decay_(decay(frame_seconds)),
      smooth_(2 * static_cast<std::size_t>(lanes)) {}

void BandExtension::extend(int lane, const std::complex<float>* spectrum, std::span<float> re,
                           std::span<float> im) LIMPID_REALTIME {
  if (bins_ <= band_) return;
  const std::size_t stride = re.size() / static_cast<std::size_t>(taps_);
  float* smooth = smooth_.data() + 2 * lane;
  const auto follow = [&](float& gain, int from) {
    gain += (1.0f - decay_) * (mean_magnitude(spectrum, re, im, stride, from, band_) - gain);
  };
  follow(smooth[0], edge(band_));
  follow(smooth[1], top(band_));
  const float step = blend(band_);
  for (int k = band_; k < bins_; ++k) {
    const float far = std::min(1.0f, static_cast<float>(k - band_ + 1) * step);
    re[static_cast<std::size_t>(k)] = smooth[0] + far * (smooth[1] - smooth[0]);
    im[static_cast<std::size_t>(k)] = 0.0f;
  }
}

void BandExtension::restart(int lane) LIMPID_REALTIME {
  std::fill_n(smooth_.data() + 2 * lane, 2, 0.0f);
}

}  // namespace limpid::models
