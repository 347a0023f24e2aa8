// SPDX-License-Identifier: MIT
// A model whose sessions with a GPU run its kernels thread by thread on the CPU.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/io/weights.h"
#include "models/gpu/session.h"
#include "models/shipped.h"
#include "tests/cuda/host_queue.h"

namespace limpid::test {

// The same file, as often as it is called.
using WeightFile = std::function<io::Weights()>;

// `change`: a text of the file's header that another of the same length takes the place of.
inline WeightFile shipped_weights(std::string_view name,
                                  std::pair<std::string_view, std::string_view> change = {}) {
  return [name, change] {
    const auto shipped =
        std::ranges::find(models::shipped_models(), name, &models::ShippedModel::name);
    EXPECT_NE(shipped, models::shipped_models().end());
    std::vector<std::byte> bytes(shipped->bytes.begin(), shipped->bytes.end());
    const auto as_text = [](std::string_view text) { return std::as_bytes(std::span(text)); };
    const auto found = std::ranges::search(bytes, as_text(change.first));
    EXPECT_EQ(found.size(), change.second.size());
    std::ranges::copy(as_text(change.second), found.begin());
    return *io::Weights::parse(bytes, "shipped");
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
