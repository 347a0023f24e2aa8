// SPDX-License-Identifier: MIT
#include "streaming/picked_inputs.h"

#include <gtest/gtest.h>

#include "tests/streaming/live_fixture.h"
#include "tests/support/realtime_guard.h"

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

// Counts what is in range of the format it was told.
class Counting final : public AudioCallback {
 public:
  void on_capture(AudioView<const float> in, double) LIMPID_REALTIME override {
    samples += in.extent(1);
    longest = std::max(longest, in.extent(1));
    last = in[in.extent(0) - 1][in.extent(1) - 1];
  }
  void on_playback(AudioView<float>, double) LIMPID_REALTIME override {}
  void on_xrun() LIMPID_REALTIME override {}
  void on_lost() LIMPID_REALTIME override {}

  std::ptrdiff_t samples = 0, longest = 0;
  float last = 0.0f;
};

TEST(PickedInputs, TakeTheBlockOfTheCardThatReplacesALostOne) {
  auto card = std::make_unique<ReplacedCard>(DeviceFormat{.block = 64, .inputs = 3});
  ReplacedCard& inside = *card;
  PickedInputs picked(std::move(card), {2, 0});
  inside.next = {.sample_rate = 96000, .block = 480, .inputs = 4, .outputs = 2, .one_clock = false};
  ASSERT_TRUE(picked.prepare());
  EXPECT_EQ(picked.format().sample_rate, 96000);
  EXPECT_EQ(picked.format().block, 480);
  EXPECT_EQ(picked.format().inputs, 2);
  EXPECT_FALSE(picked.format().one_clock);
  Counting listener;
  ASSERT_TRUE(picked.start(listener));
  const auto in = test::noise(4, 480);
  inside.callback().on_capture(in.view(), 0.0);
  EXPECT_EQ(listener.longest, 480);
  EXPECT_EQ(listener.last, in.view()[0][479]);
  inside.next.inputs = 2;
  const auto without = picked.prepare();
  ASSERT_FALSE(without.ok());
  EXPECT_EQ(without.error().code, ErrorCode::unsupported);
  EXPECT_EQ(without.error().message, "card has no input 3");
}

// No memory is touched beyond the block, whatever a card delivers.
TEST(PickedInputs, CutWhatIsLongerThanABlock) {
  auto card = std::make_unique<ReplacedCard>(DeviceFormat{.block = 64, .inputs = 3});
  ReplacedCard& inside = *card;
  PickedInputs picked(std::move(card), {2, 0});
  Counting listener;
  ASSERT_TRUE(picked.start(listener));
  const auto in = test::noise(3, 1000);
  inside.callback().on_capture(in.view(), 0.0);
  EXPECT_EQ(listener.samples, 1000);
  EXPECT_EQ(listener.longest, 64);
  EXPECT_EQ(listener.last, in.view()[0][999]);
}

// The callback of a sound card goes straight through.
TEST(PickedInputs, CapturingAllocatesAndLocksNothing) {
  auto card = std::make_unique<ReplacedCard>(DeviceFormat{.block = 64, .inputs = 3});
  ReplacedCard& inside = *card;
  PickedInputs picked(std::move(card), {2, 0});
  Listener listener;
  ASSERT_TRUE(picked.start(listener));
  const auto in = test::noise(3, 64);
  test::expect_realtime([&] { inside.callback().on_capture(in.view(), 0.0); });
  EXPECT_EQ(listener.first[5], in.view()[2][5]);
}

}  // namespace
}  // namespace limpid::streaming
