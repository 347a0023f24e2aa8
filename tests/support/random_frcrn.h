// SPDX-License-Identifier: MIT
// Small FRCRN networks with random weights, for tests of properties that hold for any weights.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lib/model/model.h"
#include "tests/support/weights_builder.h"

namespace limpid::test {

struct FrcrnRecipe {
  int unets = 1;
  bool published = false;  // transform and kernels of the published network: seven levels
  std::vector<int> channels{4, 5, 8, 6, 8, 8};
  std::string pooling = "none";  // none, running, global; frozen wants equal channels
  bool lookahead = false;
  int frequency_order = 20, time_order = 20;
  float compression = 0.5f;
  int taps = 1;
  bool voice = false;
  int level_horizon = 0;
  unsigned seed = 1;
};

std::string frcrn_metadata(const FrcrnRecipe& recipe);
WeightsBuilder frcrn_weights(const FrcrnRecipe& recipe);
std::shared_ptr<const Model> random_frcrn(const FrcrnRecipe& recipe);  // a failed test: nullptr

}  // namespace limpid::test
