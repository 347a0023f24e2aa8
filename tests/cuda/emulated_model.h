// SPDX-License-Identifier: MIT
// A model whose sessions with a GPU run its kernels thread by thread on the CPU.
#pragma once

#include <memory>

#include "models/gpu/session.h"
#include "tests/cuda/host_queue.h"

namespace limpid::test {

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
  explicit EmulatedModel(std::shared_ptr<const Model> model) : model_(std::move(model)) {}

 private:
  std::shared_ptr<const Model> model_;  // on the CPU
};

}  // namespace limpid::test
