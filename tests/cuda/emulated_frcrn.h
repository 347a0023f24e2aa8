// SPDX-License-Identifier: MIT
// An FRCRN on an emulated GPU.
#pragma once

#include "models/frcrn/frcrn.h"
#include "models/frcrn/gpu_network.h"
#include "tests/cuda/emulated_model.h"
#include "tests/support/random_frcrn.h"

namespace limpid::test {

class EmulatedFrcrn final : public EmulatedModel {
 public:
  explicit EmulatedFrcrn(const FrcrnRecipe& recipe)
      : EmulatedFrcrn([recipe] { return frcrn_weights(recipe).weights(frcrn_metadata(recipe)); }) {}
  explicit EmulatedFrcrn(WeightFile weights)
      : EmulatedModel(std::move(weights), models::make_frcrn) {}

  Result<std::unique_ptr<Session>> open_on(std::unique_ptr<kernels::cuda::HostQueue> queue,
                                           const SessionConfig& config) const override {
    auto file = weights();
    const auto parsed = models::parse_frcrn_config(file.metadata("config"), "test");
    EXPECT_TRUE(parsed) << parsed.error().message;
    const auto network = models::FrcrnNetwork::load(file, *parsed);
    EXPECT_TRUE(network) << network.error().message;
    return models::GpuSession::open(
        std::move(queue), network->config.traits(), config, [&](models::GpuMemory& memory) {
          return models::GpuFrcrn::open(*network, memory, config.gpu_arithmetic);
        });
  }
};

}  // namespace limpid::test
