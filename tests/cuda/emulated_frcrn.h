// SPDX-License-Identifier: MIT
// A random FRCRN whose sessions with a GPU run its kernels thread by thread on the CPU.
#pragma once

#include "models/frcrn/gpu_network.h"
#include "models/gpu/session.h"
#include "tests/cuda/host_queue.h"
#include "tests/support/random_frcrn.h"

namespace limpid::test {

class EmulatedFrcrn final : public Model {
 public:
  explicit EmulatedFrcrn(const FrcrnRecipe& recipe)
      : recipe_(recipe), model_(random_frcrn(recipe)) {}

  const ModelSpec& spec() const noexcept override { return model_->spec(); }
  Result<StreamFormat> format(int rate) const override { return model_->format(rate); }
  Result<std::unique_ptr<Session>> open(const SessionConfig& config) const override {
    return config.gpu < 0 ? model_->open(config)
                          : open(config, std::make_unique<kernels::cuda::HostQueue>());
  }

  Result<std::unique_ptr<Session>> open(const SessionConfig& config,
                                        std::unique_ptr<kernels::cuda::HostQueue> queue) const {
    auto weights = frcrn_weights(recipe_).weights(frcrn_metadata(recipe_));
    const auto parsed = models::parse_frcrn_config(weights.metadata("config"), "test");
    EXPECT_TRUE(parsed) << parsed.error().message;
    const auto network = models::MaskNetwork::load(weights, *parsed);
    EXPECT_TRUE(network) << network.error().message;
    return models::GpuSession::open(
        std::move(queue), network->config.traits(), config,
        [&](models::GpuMemory& memory) { return models::GpuFrcrn::open(*network, memory); });
  }

 private:
  FrcrnRecipe recipe_;
  std::shared_ptr<const Model> model_;
};

}  // namespace limpid::test
