// SPDX-License-Identifier: MIT
// A random FRCRN on an emulated GPU.
#pragma once

#include "models/frcrn/gpu_network.h"
#include "tests/cuda/emulated_model.h"
#include "tests/support/random_frcrn.h"

namespace limpid::test {

class EmulatedFrcrn final : public EmulatedModel {
 public:
  explicit EmulatedFrcrn(const FrcrnRecipe& recipe)
      : EmulatedModel(random_frcrn(recipe)), recipe_(recipe) {}

  Result<std::unique_ptr<Session>> open_on(std::unique_ptr<kernels::cuda::HostQueue> queue,
                                           const SessionConfig& config) const override {
    auto weights = frcrn_weights(recipe_).weights(frcrn_metadata(recipe_));
    const auto parsed = models::parse_frcrn_config(weights.metadata("config"), "test");
    EXPECT_TRUE(parsed) << parsed.error().message;
    const auto network = models::MaskNetwork::load(weights, *parsed);
    EXPECT_TRUE(network) << network.error().message;
    return models::GpuSession::open(
        std::move(queue), network->config.traits(), config, [&](models::GpuMemory& memory) {
          return models::GpuFrcrn::open(*network, memory, config.gpu_arithmetic);
        });
  }

 private:
  FrcrnRecipe recipe_;
};

}  // namespace limpid::test
