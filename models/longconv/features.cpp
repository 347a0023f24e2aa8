// SPDX-License-Identifier: MIT
#include "models/longconv/features.h"

#include <cmath>

namespace limpid::models {
namespace {

constexpr float kTiny = 1e-12f;     // of |X|^2 where it divides
constexpr float kQuietest = 1e-6f;  // mean magnitude of a frame

}  // namespace

void spectrum_features(LevelFeatures& levels, int lane, const std::complex<float>* column, int band,
                       int bins, float scale, float* features) LIMPID_REALTIME {
  levels.run(lane, column, band, scale, features, features + 1, kFeatures);
  float sum = 0.0f;
  for (int bin = 0; bin < band; ++bin) {
    float* out = features + kFeatures * bin;
    const float re = scale * column[bin].real(), im = scale * column[bin].imag();
    const float power = re * re + im * im;
    const float compress = 1.0f / std::sqrt(std::sqrt(power + kTiny));
    out[2] = re * compress;
    out[3] = im * compress;
    sum += std::sqrt(power);
  }
  const float level = 1.0f / std::sqrt(sum / static_cast<float>(bins) + kQuietest);
  for (int bin = 0; bin < bins; ++bin)
    for (int part : {2, 3})
      features[kFeatures * bin + part] =
          bin < band ? level * features[kFeatures * bin + part] : 0.0f;
}

}  // namespace limpid::models
