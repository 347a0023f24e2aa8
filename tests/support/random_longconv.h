// SPDX-License-Identifier: MIT
// Small LongConv networks with random weights, for tests of properties that hold for any weights.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lib/model/model.h"
#include "tests/support/weights_builder.h"

namespace limpid::test {

struct LongConvRecipe {
  std::vector<int> bands{3, 5, 9, 20, 51, 73};
  int channels = 7, blocks = 2, memory = 5, short_taps = 3, long_taps = 71;
  int filter_hidden = 6, exchange = 9, hidden = 11, taps = 2;
  int level_horizon = 10;
  bool voice = false;
  int microphones = 1;
  int steady_frames = 0, steady_horizon = 6;
  double analysis_window = 0.02;
  float log_decay = -2.5f;
  unsigned seed = 1;

  // Frames after which nothing of what was heard is left: beyond the filters, and 1e-11 of the
  // running means of the levels.
  int reach() const {
    return blocks * (long_taps - 1 + short_taps - 1) + taps + 25 * level_horizon +
           static_cast<int>(100 * analysis_window) +
           (steady_frames > 0 ? steady_frames + 25 * steady_horizon : 0);
  }
};

std::string longconv_metadata(const LongConvRecipe& recipe);
WeightsBuilder longconv_weights(const LongConvRecipe& recipe);
std::shared_ptr<const Model> random_longconv(
    const LongConvRecipe& recipe);  // a failed test: nullptr

}  // namespace limpid::test
