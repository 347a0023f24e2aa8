// SPDX-License-Identifier: MIT
// All weights of one DeFTAN-II. Immutable; shared by sessions and threads.
#pragma once

#include <vector>

#include "models/deftan2/layers.h"

namespace limpid::models {

struct Deftan2Network {
  Deftan2Config config;
  Deftan2PlaneBlock encoder, decoder;
  std::vector<BlockHalf> along_frequency, along_time;  // of each block

  // Reads everything the configuration calls for. bad_format.
  static Result<Deftan2Network> load(io::Weights& weights, const Deftan2Config& config);
};

}  // namespace limpid::models
