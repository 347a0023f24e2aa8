// SPDX-License-Identifier: MIT
// A live engine on a simulated sound card, moved on step by step by the test.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "streaming/live_engine.h"
#include "streaming/simulated_device.h"
#include "tests/support/fake_model.h"
#include "tests/support/signals.h"

namespace limpid::streaming {

inline constexpr int kRate = 16000;
inline constexpr int kHop = 160;
inline constexpr int kFade = 40;  // 2.5 ms
inline constexpr float kWetGain = 0.5f;

// Becomes `next` when it is prepared, as a card that replaces a lost one does.
class ReplacedCard final : public AudioDevice {
 public:
  explicit ReplacedCard(const DeviceFormat& first) : next(first), format_(first) {}

  Status prepare() override {
    format_ = next;
    return Done{};
  }
  const DeviceFormat& format() const noexcept override { return format_; }
  std::string describe() const override { return "card"; }
  Status start(AudioCallback& callback) override {
    callback_ = &callback;
    return Done{};
  }
  void stop() override {}

  AudioCallback& callback() const { return *callback_; }  // of the latest start()

  DeviceFormat next;

 private:
  DeviceFormat format_;
  AudioCallback* callback_ = nullptr;
};

struct LiveRun {
  Tensor<float, 2> source;
  SimulatedDevice* device = nullptr;  // owned by engine
  std::unique_ptr<LiveEngine> engine;

  LiveRun(Tensor<float, 2> signal, Simulation simulation, LiveConfig config = {.own_thread = false},
          test::FakeModelConfig model = {.latency = 160, .gain = kWetGain}) {
    simulation.format.sample_rate = kRate;
    Tensor<float, 2> copy({signal.extent(0), signal.extent(1)});
    for (std::ptrdiff_t row = 0; row < signal.extent(0); ++row)
      std::ranges::copy(signal.view()[row].span(), copy.view()[row].data());
    source = std::move(copy);
    auto card = std::make_unique<SimulatedDevice>(std::move(signal), simulation);
    device = card.get();
    auto opened = LiveEngine::open(test::fake_model(model), std::move(card), config);
    if (!opened) throw std::runtime_error(opened.error().message);
    engine = *std::move(opened);
  }

  // `awake(time)` tells whether the worker gets to do anything after the callback at that time.
  void run(const std::function<bool(double)>& awake = [](double) { return true; }) {
    ASSERT_TRUE(engine->start().ok());
    while (device->step())
      if (awake(device->now()))
        while (engine->run_worker()) {
        }
  }

  // The share of the enhanced signal in an output sample, given that it is at the right index:
  // 1 = enhanced, 0 = captured. NaN where the input is too small to tell.
  float wet_share(std::ptrdiff_t t, int row = 0) const {
    const auto position = t - engine->latency();
    const float in = position < 0 ? 0.0f : source.view()[row][position];
    const float out = device->played()[row][t];
    if (std::abs(in) < 0.01f) return std::nanf("");
    return (1.0f - out / in) / (1.0f - kWetGain);
  }

  // Every sample enhanced, captured or between, and never jumping between them.
  void expect_aligned() const {
    float last = 1.0f;
    std::ptrdiff_t last_t = 0;
    for (std::ptrdiff_t t = 0; t < device->played().extent(1); ++t) {
      const float share = wet_share(t);
      if (std::isnan(share)) continue;
      ASSERT_GE(share, -1e-4f) << "sample " << t;
      ASSERT_LE(share, 1.0001f) << "sample " << t;
      ASSERT_LE(std::abs(share - last), static_cast<float>(t - last_t) / kFade + 1e-3f)
          << "sample " << t;
      last = share;
      last_t = t;
    }
  }

  void expect_wet(std::ptrdiff_t begin, std::ptrdiff_t end) const {
    for (auto t = begin; t < end; ++t) {
      if (const float share = wet_share(t); !std::isnan(share)) {
        ASSERT_NEAR(share, 1.0f, 1e-4f) << "sample " << t;
      }
    }
  }
  std::ptrdiff_t played() const { return device->played().extent(1); }
};

}  // namespace limpid::streaming
