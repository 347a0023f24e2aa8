// SPDX-License-Identifier: MIT
// Massive activations (Sun et al. 2024; definition of Anand et al. 2025, section 2): elements of
// the residual stream a thousand times as large as its median, always in the same few features, at
// sink tokens, in all layers but the first and the last.
#pragma once

#include <span>
#include <vector>

#include "lib/tensor/tensor.h"

namespace limpid::analysis {

struct MassiveConfig {
  double ratio = 1000;   // tau, against the median of |H| of the layer
  double magnitude = 0;  // and at least so large; Sun et al. ask for 100
};

struct MassivePlace {
  int token = 0, feature = 0;
  float value = 0;
  bool operator==(const MassivePlace&) const = default;
};

struct MassiveLayer {
  int layer = 0;                      // index into the residual stream: 0 before the first block
  double median = 0, peak = 0;        // of |H|
  std::vector<MassivePlace> places;   // by token, then feature
  std::vector<int> tokens, features;  // that occur; sorted
  bool fixed_features = false;        // every one of the tokens has every one of the features
};

struct MassiveActivations {
  std::vector<MassiveLayer> layers;  // one per element of the residual stream
  std::vector<int> features;         // that every massive token of every layer has
  bool in_first = false;  // after the first block or before it: unlike the published ones
  bool in_last = false;   // after the last block: likewise
};

// hidden: [token][feature], before the first block and after each.
MassiveActivations find_massive(std::span<const Tensor<float, 2>> hidden,
                                const MassiveConfig& config = {});

}  // namespace limpid::analysis
