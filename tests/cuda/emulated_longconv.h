// SPDX-License-Identifier: MIT
// A LongConv on an emulated GPU.
#pragma once

#include "models/longconv/gpu_network.h"
#include "models/longconv/longconv.h"
#include "tests/cuda/emulated_masks.h"
#include "tests/support/random_longconv.h"

namespace limpid::test {

struct LongConvOnGpu {
  using Recipe = LongConvRecipe;
  using Network = models::LongConvNetwork;
  using GpuState = models::GpuLongConv;
  static constexpr auto parse = models::parse_longconv_config;
  static constexpr auto make = models::make_longconv;

  static io::Weights weights(const Recipe& recipe) {
    return longconv_weights(recipe).weights(longconv_metadata(recipe));
  }
};
using EmulatedLongConv = EmulatedMasks<LongConvOnGpu>;

}  // namespace limpid::test
