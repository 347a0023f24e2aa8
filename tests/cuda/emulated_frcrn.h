// SPDX-License-Identifier: MIT
// An FRCRN on an emulated GPU.
#pragma once

#include "models/frcrn/frcrn.h"
#include "models/frcrn/gpu_network.h"
#include "tests/cuda/emulated_masks.h"
#include "tests/support/random_frcrn.h"

namespace limpid::test {

struct FrcrnOnGpu {
  using Recipe = FrcrnRecipe;
  using Network = models::FrcrnNetwork;
  using GpuState = models::GpuFrcrn;
  static constexpr auto parse = models::parse_frcrn_config;
  static constexpr auto make = models::make_frcrn;

  static io::Weights weights(const Recipe& recipe) {
    return frcrn_weights(recipe).weights(frcrn_metadata(recipe));
  }
};
using EmulatedFrcrn = EmulatedMasks<FrcrnOnGpu>;

}  // namespace limpid::test
