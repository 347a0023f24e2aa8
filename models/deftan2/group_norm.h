// SPDX-License-Identifier: MIT
// GroupNorm with one group, gathered piece by piece: mean and variance over all rows and channels,
// then a gain and an offset for each channel.
#pragma once

#include <cmath>

#include "lib/kernels/norms.h"
#include "models/deftan2/layers.h"

namespace limpid::models {

struct GroupMoments {
  double sums[2] = {0, 0};
  double count = 0;

  void add(kernels::Matrix<const float> x) LIMPID_REALTIME {
    kernels::moments(x, sums);
    count += static_cast<double>(x.rows) * x.columns;
  }
  void add(const GroupMoments& other) noexcept {
    sums[0] += other.sums[0];
    sums[1] += other.sums[1];
    count += other.count;
  }

  // What the norm does to a value of channel c: scale[c] * value + shift[c].
  void transform(const Norm& norm, float* scale, float* shift) const noexcept {
    const double mean = sums[0] / count;
    const double variance = std::fmax(sums[1] / count - mean * mean, 0.0);
    const double by = 1.0 / std::sqrt(variance + static_cast<double>(kernels::kNormEpsilon));
    for (std::size_t c = 0; c < norm.gain.size(); ++c) {
      scale[c] = static_cast<float>(norm.gain[c] * by);
      shift[c] = static_cast<float>(norm.offset[c] - norm.gain[c] * by * mean);
    }
  }
};

}  // namespace limpid::models
