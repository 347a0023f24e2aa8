// SPDX-License-Identifier: MIT
// A random LongConv on an emulated GPU.
#pragma once

#include "models/longconv/gpu_network.h"
#include "tests/cuda/emulated_model.h"
#include "tests/support/random_longconv.h"

namespace limpid::test {

class EmulatedLongConv final : public EmulatedModel {
 public:
  explicit EmulatedLongConv(const LongConvRecipe& recipe)
      : EmulatedModel(random_longconv(recipe)), recipe_(recipe) {}

  Result<std::unique_ptr<Session>> open_on(std::unique_ptr<kernels::cuda::HostQueue> queue,
                                           const SessionConfig& config) const override {
    auto weights = longconv_weights(recipe_).weights(longconv_metadata(recipe_));
    const auto parsed = models::parse_longconv_config(weights.metadata("config"), "test");
    EXPECT_TRUE(parsed) << parsed.error().message;
    const auto network = models::LongConvNetwork::load(weights, *parsed);
    EXPECT_TRUE(network) << network.error().message;
    return models::GpuSession::open(
        std::move(queue), network->config.traits(), config, [&](models::GpuMemory& memory) {
          return models::GpuLongConv::open(*network, memory, config.gpu_arithmetic);
        });
  }

 private:
  LongConvRecipe recipe_;
};

}  // namespace limpid::test
