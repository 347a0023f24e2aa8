// SPDX-License-Identifier: MIT
// A network of masks on an emulated GPU.
#pragma once

#include "tests/cuda/emulated_model.h"

namespace limpid::test {

// Of says which network: its Recipe, Network and GpuState (a GpuMaskMaker), weights() of a recipe,
// and how to parse() its config and make() the model of it.
template <class Of>
class EmulatedMasks final : public EmulatedModel {
 public:
  explicit EmulatedMasks(const typename Of::Recipe& recipe)
      : EmulatedMasks([recipe] { return Of::weights(recipe); }) {}
  explicit EmulatedMasks(WeightFile weights) : EmulatedModel(std::move(weights), Of::make) {}

  Result<std::unique_ptr<Session>> open_on(std::unique_ptr<kernels::cuda::HostQueue> queue,
                                           const SessionConfig& config) const override {
    auto file = weights();
    const auto parsed = Of::parse(file.metadata("config"), "test");
    EXPECT_TRUE(parsed) << parsed.error().message;
    const auto network = Of::Network::load(file, *parsed);
    EXPECT_TRUE(network) << network.error().message;
    return models::GpuSession::open(
        std::move(queue), network->config.traits(), config, [&](models::GpuMemory& memory) {
          return Of::GpuState::open(*network, memory, config.gpu_arithmetic);
        });
  }
};

}  // namespace limpid::test
