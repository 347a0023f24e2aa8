// SPDX-License-Identifier: MIT
// FakeModel: a model without a network. Its output is the input, late by hop-independent `latency`
// samples and scaled by `gain`, so that tests of everything around a model know what to expect.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>

#include "lib/model/model.h"

namespace limpid::test {

struct FakeModelConfig {
  double hop_seconds = 0.010;
  int latency = 0;  // samples, at every rate
  float gain = 1.0f;
  int input_channels = 1, output_channels = 1;  // output o plays input min(o, inputs - 1)
  Memory memory = Memory::carried;
  bool voice = false;  // tells 0.001 of the number of each hop since reset(), half more a lane
  int settle_hops = 0;  // as it says; it remembers its latency only
  int most_lanes = 1 << 16;                // of a session; more are too much for its memory
  bool restarts = true;                    // whether sessions can restart() a lane
  std::int64_t fail_hop = -1;              // from this hop (since open) on, sessions fail
  std::chrono::microseconds work{0};       // processor time burnt per hop
  std::int64_t slow_hop = -1;              // this hop (since open) ...
  std::chrono::microseconds slow_work{0};  // ... burns this much instead
};

class FakeModel final : public Model {
 public:
  explicit FakeModel(const FakeModelConfig& config = {});

  const ModelSpec& spec() const noexcept override { return spec_; }
  Result<StreamFormat> format(int sample_rate) const override;
  Result<std::unique_ptr<Session>> open(const SessionConfig& config) const override;

 private:
  FakeModelConfig config_;
  ModelSpec spec_;
};

inline std::shared_ptr<const Model> fake_model(const FakeModelConfig& config = {}) {
  return std::make_shared<FakeModel>(config);
}

}  // namespace limpid::test
