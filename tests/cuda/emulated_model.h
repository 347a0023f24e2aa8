// SPDX-License-Identifier: MIT
// A model whose sessions with a GPU run its kernels thread by thread on the CPU.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string_view>

#include "lib/io/weights.h"
#include "models/gpu/session.h"
#include "models/shipped.h"
#include "tests/cuda/host_queue.h"

namespace limpid::test {

// The same file, as often as it is called.
using WeightFile = std::function<io::Weights()>;

inline WeightFile shipped_weights(std::string_view name) {
  return [name] {
    const auto shipped =
        std::ranges::find(models::shipped_models(), name, &models::ShippedModel::name);
    EXPECT_NE(shipped, models::shipped_models().end());
    return *io::Weights::parse(shipped->bytes, "shipped");
  };
}

class EmulatedModel : public Model {
 public:
  const ModelSpec& spec() const noexcept override { return model_->spec(); }
  Result<StreamFormat> format(int rate) const override { return model_->format(rate); }
  Result<std::unique_ptr<Session>> open(const SessionConfig& config) const override {
    return config.gpu < 0 ? model_->open(config)
                          : open_on(std::make_unique<kernels::cuda::HostQueue>(), config);
  }
  virtual Result<std::unique_ptr<Session>> open_on(std::unique_ptr<kernels::cuda::HostQueue> queue,
                                                   const SessionConfig& config) const = 0;

 protected:
  // `make`: the model for CPUs.
  EmulatedModel(WeightFile weights, Result<std::shared_ptr<const Model>> (*make)(io::Weights))
      : weights_(std::move(weights)), model_(*make(weights_())) {}
  io::Weights weights() const { return weights_(); }

 private:
  WeightFile weights_;
  std::shared_ptr<const Model> model_;  // on the CPU
};

}  // namespace limpid::test
