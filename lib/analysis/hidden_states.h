// SPDX-License-Identifier: MIT
// What the residual stream [token][feature] of a network tells about its sinks.
#pragma once

#include <span>
#include <vector>

#include "lib/tensor/tensor.h"

namespace limpid::analysis {

// Cosine of each token to the first one: near one at sink tokens (Anand et al. 2025, figure 3).
// The first is 1; a token of nothing but zeros counts 0.
std::vector<double> cosine_to_first(const Tensor<float, 2>& hidden);

// |h_t| / mean |h|: sinks stand out of the stream by one or two orders (Gu et al. 2025, section 3).
std::vector<double> residual_peak(const Tensor<float, 2>& hidden);

struct Outliers {
  double kurtosis = 0;                // of all elements: 3 for a normal distribution
  std::vector<double> channel_peaks;  // [feature] largest magnitude
};
Outliers outliers(const Tensor<float, 2>& hidden);

// Turns `h` by `fraction` of the angle between it and `target`, within the plane of the two; its
// length stays. 0 leaves it, 1 points along the target; parallel vectors stay as they are. The
// intervention of Anand et al. 2025, section 3: a sink turned to an ordinary token stops being one,
// an ordinary token turned towards the first becomes one. Equal sizes.
void rotate_toward(std::span<float> h, std::span<const float> target, double fraction) noexcept;

}  // namespace limpid::analysis
