// SPDX-License-Identifier: MIT
// A causal DeFTAN-II on an emulated GPU.
#pragma once

#include "models/deftan2/deftan2.h"
#include "models/deftan2/gpu_engine.h"
#include "models/deftan2/session.h"
#include "tests/cuda/emulated_model.h"
#include "tests/support/random_deftan2.h"

namespace limpid::test {

class EmulatedDeftan2 final : public EmulatedModel {
 public:
  explicit EmulatedDeftan2(WeightFile weights)
      : EmulatedModel(std::move(weights), models::make_deftan2) {}
  explicit EmulatedDeftan2(const Deftan2Recipe& recipe)
      : EmulatedDeftan2(
            [recipe] { return deftan2_weights(recipe).weights(deftan2_metadata(recipe)); }) {}

  Result<std::unique_ptr<Session>> open_on(std::unique_ptr<kernels::cuda::HostQueue> queue,
                                           const SessionConfig& config) const override {
    auto file = weights();
    const auto parsed = models::parse_deftan2_config(file.metadata("config"), "test");
    EXPECT_TRUE(parsed) << parsed.error().message;
    const auto network = models::Deftan2Network::load(file, *parsed);
    EXPECT_TRUE(network) << network.error().message;
    return models::GpuSession::open(std::move(queue), models::deftan2_format(*parsed), config,
                                    [&](kernels::cuda::LayerQueue& on, int lanes, int frames) {
                                      return models::GpuDeftan2::open(
                                          on, *network, config.gpu_arithmetic, lanes, frames);
                                    });
  }
};

}  // namespace limpid::test
