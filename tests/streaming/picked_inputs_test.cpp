// SPDX-License-Identifier: MIT
#include "streaming/picked_inputs.h"

#include <gtest/gtest.h>

#include "streaming/simulated_device.h"
#include "tests/support/realtime_guard.h"
#include "tests/support/signals.h"

namespace limpid::streaming {
namespace {

// Plays the first input it hears, and keeps the second.
class Listener final : public AudioCallback {
 public:
  void on_capture(AudioView<const float> in, double) LIMPID_REALTIME override {
    inputs = in.extent(0);
    for (std::ptrdiff_t t = 0; t < in.extent(1); ++t) {
      first[t] = in[0][t];
      second.view()[0][heard++] = in[1][t];
    }
  }
  void on_playback(AudioView<float> out, double) LIMPID_REALTIME override {
    for (std::ptrdiff_t t = 0; t < out.extent(1); ++t) out[0][t] = first[t];
  }
  void on_xrun() LIMPID_REALTIME override {}
  void on_lost() LIMPID_REALTIME override { lost = true; }

  float first[64] = {};
  Tensor<float, 2> second{{1, 1000}};
  std::ptrdiff_t inputs = 0, heard = 0;
  bool lost = false;
};

TEST(PickedInputs, ThoseAndNoOthersInThatOrder) {
  Simulation simulation{.format = {.sample_rate = 16000, .block = 64, .inputs = 4, .outputs = 1},
                        .lost_at = 0.05};
  const auto source = test::noise(4, 1000);
  auto card = std::make_unique<SimulatedDevice>(test::noise(4, 1000), simulation);
  SimulatedDevice& inside = *card;
  PickedInputs picked(std::move(card), {3, 1});
  EXPECT_EQ(picked.format().inputs, 2);
  EXPECT_EQ(picked.format().outputs, 1);
  Listener listener;
  ASSERT_TRUE(picked.start(listener));
  while (inside.step()) {
  }
  EXPECT_TRUE(listener.lost);
  EXPECT_EQ(listener.inputs, 2);
  ASSERT_GT(listener.heard, 500);
  for (std::ptrdiff_t t = 0; t < listener.heard; ++t) {
    ASSERT_EQ(inside.played()[0][t], source.view()[3][t]);
    ASSERT_EQ(listener.second.view()[0][t], source.view()[1][t]);
  }
}

// The callback of a sound card goes straight through.
TEST(PickedInputs, CapturingAllocatesAndLocksNothing) {
  class Card final : public AudioDevice {
   public:
    const DeviceFormat& format() const noexcept override { return format_; }
    std::string describe() const override { return "card"; }
    Status start(AudioCallback& callback) override {
      callback_ = &callback;
      return Done{};
    }
    void stop() override {}
    DeviceFormat format_{.block = 64, .inputs = 3};
    AudioCallback* callback_ = nullptr;
  };
  auto card = std::make_unique<Card>();
  Card& inside = *card;
  PickedInputs picked(std::move(card), {2, 0});
  Listener listener;
  ASSERT_TRUE(picked.start(listener));
  const auto in = test::noise(3, 64);
  test::expect_realtime([&] { inside.callback_->on_capture(in.view(), 0.0); });
  EXPECT_EQ(listener.first[5], in.view()[2][5]);
}

}  // namespace
}  // namespace limpid::streaming
