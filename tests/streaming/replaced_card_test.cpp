// SPDX-License-Identifier: MIT
// A sound card is pulled out and another is there instead: everything from PortAudio's streams to
// the engine must go by the new one.
#include <gtest/gtest.h>

#include <stdexcept>

#include "streaming/live_engine.h"
#include "streaming/picked_inputs.h"
#include "streaming/portaudio_device.h"
#include "tests/streaming/fake_portaudio.h"
#include "tests/support/failing_new.h"
#include "tests/support/fake_model.h"

namespace limpid::streaming {
namespace {

using test::fake_portaudio;

PaDeviceInfo device(const char* name, int inputs, int outputs, double rate) {
  return {2, name, 0, inputs, outputs, 0, 0, 0, 0, rate};
}

// As `limpid live` without options: the default card at its own rate.
std::unique_ptr<LiveEngine> engine_on_headset() {
  fake_portaudio() = {.devices = {device("USB headset", 1, 2, 48000)}};
  auto card = open_portaudio({.sample_rate = 0, .block = 0, .inputs = 1});
  if (!card) throw std::runtime_error(card.error().message);
  auto picked = std::make_unique<PickedInputs>(*std::move(card), std::vector{0});
  auto engine = LiveEngine::open(test::fake_model({.latency = 160}), std::move(picked),
                                 {.own_thread = false});
  if (!engine) throw std::runtime_error(engine.error().message);
  return *std::move(engine);
}

void expect_a_second(LiveEngine& engine, int rate) {
  ASSERT_TRUE(engine.start().ok());
  EXPECT_EQ(engine.device().format().sample_rate, rate);
  for (const auto* stream : fake_portaudio().open) {
    EXPECT_EQ(stream->sample_rate, rate);
    EXPECT_TRUE(stream->started);
  }
  fake_portaudio().play(1.0);
  EXPECT_NEAR(engine.stats().seconds, 1.0, 0.01);  // whole blocks
}

TEST(ReplacedCard, MayHaveAnotherRate) {
  for (const int rate : {96000, 44100}) {
    const auto engine = engine_on_headset();
    expect_a_second(*engine, 48000);
    fake_portaudio().unplug();
    EXPECT_EQ(engine->stats().state, LiveState::lost);
    fake_portaudio().devices = {device("Built-in", 2, 2, rate)};
    expect_a_second(*engine, rate);
    EXPECT_NE(engine->device().describe().find("Built-in"), std::string::npos);
  }
}

TEST(ReplacedCard, MayBeTwo) {
  const auto engine = engine_on_headset();
  expect_a_second(*engine, 48000);
  fake_portaudio().unplug();
  fake_portaudio().devices = {device("Microphone", 1, 0, 16000), device("Speaker", 0, 2, 48000)};
  fake_portaudio().default_output = 1;
  expect_a_second(*engine, 16000);
  EXPECT_FALSE(engine->device().format().one_clock);
}

TEST(ReplacedCard, IsNotStartedWithoutMemory) {
  const auto engine = engine_on_headset();
  expect_a_second(*engine, 48000);
  fake_portaudio().unplug();
  fake_portaudio().devices = {device("Built-in microphone that has a long name", 2, 0, 48000),
                              device("Built-in loudspeakers that have a long name", 0, 2, 48000)};
  fake_portaudio().default_output = 1;
  int refusals = 0;
  for (int allocations = 0;; ++allocations) {
    test::allocations_left = allocations;
    const auto started = engine->start();
    test::allocations_left = -1;
    if (started.ok()) break;
    EXPECT_EQ(started.error().code, ErrorCode::out_of_memory);
    EXPECT_TRUE(fake_portaudio().open.empty());
    ++refusals;
  }
  EXPECT_GT(refusals, 10);
  expect_a_second(*engine, 48000);
}

struct Nobody : AudioCallback {
  void on_capture(AudioView<const float>, double) LIMPID_REALTIME override {}
  void on_playback(AudioView<float>, double) LIMPID_REALTIME override {}
  void on_xrun() LIMPID_REALTIME override {}
  void on_lost() LIMPID_REALTIME override {}
};

TEST(ReplacedCard, IsLookedForOnlyWhenPrepared) {
  fake_portaudio() = {.devices = {device("USB headset", 1, 2, 48000)}};
  auto card = open_portaudio({.sample_rate = 0});
  ASSERT_TRUE(card.ok());
  (*card)->stop();
  fake_portaudio().devices = {device("Built-in", 2, 2, 96000)};
  Nobody nobody;
  EXPECT_FALSE((*card)->start(nobody).ok());
  EXPECT_EQ((*card)->format().sample_rate, 48000);
  ASSERT_TRUE((*card)->prepare().ok());
  EXPECT_EQ((*card)->format().sample_rate, 96000);
  EXPECT_TRUE((*card)->start(nobody).ok());
}

// Rows here are channels; PortAudio has the channels of a sample beside each other.
TEST(SoundCard, KeepsChannelsApart) {
  fake_portaudio() = {.devices = {device("card", 3, 2, 48000)}};
  auto card = open_portaudio({.block = 64, .inputs = 3});
  ASSERT_TRUE(card.ok());
  struct Channels final : Nobody {
    void on_capture(AudioView<const float> in, double) LIMPID_REALTIME override {
      for (std::ptrdiff_t row = 0; row < 3; ++row)
        for (const float sample : in[row].span())
          wrong += sample != 0.1f * static_cast<float>(row + 1);
    }
    void on_playback(AudioView<float> out, double) LIMPID_REALTIME override {
      for (std::ptrdiff_t row = 0; row < 2; ++row)
        std::ranges::fill(out[row].span(), static_cast<float>(row + 1));
      ++blocks;
    }
    int wrong = 0, blocks = 0;
  } channels;
  ASSERT_TRUE((*card)->start(channels).ok());
  EXPECT_FALSE((*card)->start(channels).ok()) << "it is running already";
  fake_portaudio().play(8 * 64 / 48000.0);
  EXPECT_EQ(channels.wrong, 0);
  EXPECT_EQ(channels.blocks, 8);
  const auto& played = fake_portaudio().open.at(0)->played;
  ASSERT_EQ(played.size(), 128u);
  for (std::size_t i = 0; i < played.size(); ++i) ASSERT_EQ(played[i], i % 2 == 0 ? 1.0f : 2.0f);
}

TEST(SoundCard, WhatCannotBeOpenedIsNamed) {
  fake_portaudio() = {.devices = {device("speaker", 0, 2, 48000)}, .default_input = -1};
  EXPECT_EQ(open_portaudio({}).error().code, ErrorCode::not_found);
  fake_portaudio() = {.devices = {device("microphone", 1, 0, 48000)}, .default_output = -1};
  EXPECT_EQ(open_portaudio({}).error().code, ErrorCode::not_found);
  fake_portaudio() = {.devices = {device("card", 1, 2, 44100)}, .only_rate = 44100};
  EXPECT_TRUE(open_portaudio({.sample_rate = 0}).ok());
  const auto other = open_portaudio({.sample_rate = 16000});
  ASSERT_FALSE(other.ok());
  EXPECT_EQ(other.error().code, ErrorCode::unsupported);
  EXPECT_EQ(other.error().message,
            "input device \"card\" cannot do 1 channels at 16000 Hz: an error; its own rate is "
            "44100 Hz");
  for (const DeviceConfig& bad :
       {DeviceConfig{.block = -1}, DeviceConfig{.inputs = 0}, DeviceConfig{.sample_rate = -1}})
    EXPECT_EQ(open_portaudio(bad).error().code, ErrorCode::invalid_argument);
}

}  // namespace
}  // namespace limpid::streaming
