// SPDX-License-Identifier: MIT
// Small DeFTAN-II networks with random weights, for tests of properties that hold for any weights.
#pragma once

#include <memory>
#include <string>

#include "lib/model/model.h"
#include "tests/support/weights_builder.h"

namespace limpid::test {

struct Deftan2Recipe {
  int microphones = 2, layers = 2, channels = 6, unfold = 3, heads = 2, head_width = 3, hidden = 10;
  bool causal = true, filter = true, relative = false;
  float compression = 1.0f;
  int level_horizon = 30;
  int sample_rate = 16000;
  double hop = 0.016;  // seconds
  unsigned seed = 1;
};

std::string deftan2_metadata(const Deftan2Recipe& recipe);
WeightsBuilder deftan2_weights(const Deftan2Recipe& recipe);
std::shared_ptr<const Model> random_deftan2(const Deftan2Recipe& recipe);  // failed: nullptr

}  // namespace limpid::test
