// SPDX-License-Identifier: MIT
// A LongConv on an emulated GPU.
#pragma once

#include "models/longconv/gpu_network.h"
#include "models/longconv/longconv.h"
#include "tests/cuda/emulated_model.h"
#include "tests/support/random_longconv.h"

namespace limpid::test {

class EmulatedLongConv final : public EmulatedModel {
 public:
  explicit EmulatedLongConv(const LongConvRecipe& recipe)
      : EmulatedLongConv(
            [recipe] { return longconv_weights(recipe).weights(longconv_metadata(recipe)); }) {}
  explicit EmulatedLongConv(WeightFile weights)
      : EmulatedModel(std::move(weights), models::make_longconv) {}

  Result<std::unique_ptr<Session>> open_on(std::unique_ptr<kernels::cuda::HostQueue> queue,
                                           const SessionConfig& config) const override {
    auto file = weights();
    const auto parsed = models::parse_longconv_config(file.metadata("config"), "test");
    EXPECT_TRUE(parsed) << parsed.error().message;
    const auto network = models::LongConvNetwork::load(file, *parsed);
    EXPECT_TRUE(network) << network.error().message;
    return models::GpuSession::open(
        std::move(queue), network->config.traits(), config, [&](models::GpuMemory& memory) {
          return models::GpuLongConv::open(*network, memory, config.gpu_arithmetic);
        });
  }
};

}  // namespace limpid::test
