// SPDX-License-Identifier: MIT
// Whole recordings by a model's published offline recipe.
#pragma once

#include <memory>
#include <mutex>

#include "lib/model/model.h"

namespace limpid::cli {

// audio [channel][any number] at sample_rate Hz, as many channels as the model has inputs or, for
// models of one channel, any number, each enhanced on its own; at the model's rate. The result is
// as long as the input. Errors are the session's: unsupported where the model has no such recipe.
Result<Tensor<float, 2>> enhance_exactly(ExactSession& session, const ModelSpec& spec,
                                         AudioView<const float> audio, int sample_rate);

// A session that several files take turns in, each with a thread of its own: while one of them is
// on the GPU, others are decoded, resampled and written.
class SharedExact final : public ExactSession {
 public:
  explicit SharedExact(std::unique_ptr<ExactSession> session) : session_(std::move(session)) {}

  Result<Tensor<float, 2>> enhance(AudioView<const float> audio) override {
    const std::lock_guard turn(mutex_);
    return session_->enhance(audio);
  }
  std::size_t memory() const noexcept override { return session_->memory(); }

 private:
  std::mutex mutex_;
  std::unique_ptr<ExactSession> session_;
};

}  // namespace limpid::cli
