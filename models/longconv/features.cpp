// SPDX-License-Identifier: MIT
#include "models/longconv/features.h"

#include <algorithm>
#include <cmath>

namespace limpid::models {
namespace {

constexpr float kLogScale = 0.2f;
constexpr float kFloor = 1e-6f;     // of |X|^2 inside the logarithm: noise at -82 dBFS
constexpr float kTiny = 1e-12f;     // of |X|^2 where it divides
constexpr float kQuietest = 1e-6f;  // mean magnitude of a frame

}  // namespace

void spectrum_features(const std::complex<float>* column, int band, int bins, float scale,
                       float* features) LIMPID_REALTIME {
  float sum = 0.0f;
  for (int bin = 0; bin < band; ++bin) {
    float* out = features + kFeatures * bin;
    const float re = scale * column[bin].real(), im = scale * column[bin].imag();
    const float power = re * re + im * im;
    const float compress = 1.0f / std::sqrt(std::sqrt(power + kTiny));
    out[0] = kLogScale * std::log(power + kFloor);
    out[1] = re * compress;
    out[2] = im * compress;
    sum += std::sqrt(power);
  }
  const float silence = kLogScale * std::log(kFloor);
  for (int bin = band; bin < bins; ++bin) {
    float* out = features + kFeatures * bin;
    out[0] = silence;
    out[1] = out[2] = 0.0f;
  }
  const float level = 1.0f / std::sqrt(sum / static_cast<float>(bins) + kQuietest);
  for (int bin = 0; bin < band; ++bin) {
    features[kFeatures * bin + 1] *= level;
    features[kFeatures * bin + 2] *= level;
  }
}

}  // namespace limpid::models
