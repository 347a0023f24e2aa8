// SPDX-License-Identifier: MIT
#include "streaming/stream_processor.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <span>

#include "tests/support/fake_model.h"
#include "tests/support/realtime_guard.h"
#include "tests/support/signals.h"

namespace limpid::streaming {
namespace {

using test::awkward_blocks;
using test::fake_model;
using test::noise;

constexpr int kRate = 16000;
constexpr int kHop = 160;

StreamProcessor open(const test::FakeModelConfig& model, StreamConfig config = {}) {
  config.sample_rate = kRate;
  auto stream = StreamProcessor::open(fake_model(model), config);
  EXPECT_TRUE(stream.ok());
  return *std::move(stream);
}

Tensor<float, 2> run(StreamProcessor& stream, AudioView<const float> in,
                     std::span<const std::ptrdiff_t> blocks) {
  Tensor<float, 2> out({stream.outputs(), in.extent(1)});
  std::ptrdiff_t done = 0;
  for (const auto block : blocks) {
    stream.process(in.slice(1, done, block), out.view().slice(1, done, block));
    done += block;
  }
  EXPECT_EQ(done, in.extent(1));
  return out;
}

Tensor<float, 2> run(StreamProcessor& stream, AudioView<const float> in) {
  const std::ptrdiff_t all[] = {in.extent(1)};
  return run(stream, in, all);
}

void expect_same_bits(const Tensor<float, 2>& a, const Tensor<float, 2>& b) {
  for (std::ptrdiff_t row = 0; row < a.extent(0); ++row)
    for (std::ptrdiff_t t = 0; t < a.extent(1); ++t)
      ASSERT_EQ(a.view()[row][t], b.view()[row][t]) << "row " << row << ", sample " << t;
}

// in, scaled and late by `delay`.
float expected(AudioView<const float> in, std::ptrdiff_t row, std::ptrdiff_t t,
               std::ptrdiff_t delay, float gain = 1.0f) {
  return t < delay ? 0.0f : gain * in[row][t - delay];
}

// In the middle of a hop, and what waits of the old stream, enhanced or dry, does not come.
TEST(StreamProcessor, RestartBeginsOneChannelAnew) {
  constexpr std::ptrdiff_t kBefore = 5 * kHop + 37, kAfter = 900;
  auto stream = open({.latency = 100, .gain = 0.5f, .voice = true},
                     {.channels = 3, .attenuation_limit_db = 20 * std::log10(2.0f)});
  const auto in = noise(3, kBefore + kAfter);
  run(stream, in.view().slice(1, 0, kBefore));
  EXPECT_TRUE(stream.restart(1));
  EXPECT_EQ(stream.voice_activity(1), 0.0f);
  EXPECT_GT(stream.voice_activity(0), 0.0f);
  const auto anew = in.view().slice(1, kBefore, kAfter);
  const auto out = run(stream, anew);
  for (std::ptrdiff_t t = 0; t < kAfter; ++t) {
    for (const int old : {0, 2})
      ASSERT_NEAR(out.view()[old][t],
                  expected(in.view(), old, kBefore + t, stream.latency(), 0.75f), 1e-6f);
    ASSERT_NEAR(out.view()[1][t], expected(anew, 1, t, stream.latency(), 0.75f), 1e-6f) << t;
  }
}

TEST(StreamProcessor, RestartsNothingThatIsNotThere) {
  const auto in = noise(2, 500);
  for (const bool restarts : {false, true}) {
    auto stream = open({.restarts = restarts}, {.channels = 2});
    run(stream, in.view().slice(1, 0, 250));
    for (const int channel : {-1, 2}) EXPECT_FALSE(stream.restart(channel));
    if (!restarts) {
      EXPECT_FALSE(stream.restart(0));
    }
    const auto out = run(stream, in.view().slice(1, 250, 250));
    for (std::ptrdiff_t t = 0; t < 250; ++t)
      ASSERT_EQ(out.view()[0][t], expected(in.view(), 0, 250 + t, stream.latency()));
  }
}

TEST(StreamProcessor, LatencyIsSessionLatencyAndOneSampleLessThanAHop) {
  for (const int latency : {0, 1, 160, 333}) {
    auto stream = open({.latency = latency});
    EXPECT_EQ(stream.latency(), latency + kHop - 1);
    const auto in = noise(1, 4000);
    for (const unsigned seed : {1u, 2u, 3u}) {
      stream.reset();
      const auto out = run(stream, in.view(), awkward_blocks(4000, seed));
      EXPECT_EQ(test::delay_between(in.view()[0].span(), out.view()[0].span(), 800),
                stream.latency());
    }
  }
}

// The latency is the smallest that every cut allows: with single samples nothing is left in stock
// just before a hop is complete.
TEST(StreamProcessor, OutputIsTheDelayedInputExactly) {
  auto stream = open({.latency = 37, .gain = 0.5f}, {.channels = 3});
  const auto in = noise(3, 5000);
  const auto out = run(stream, in.view(), std::vector<std::ptrdiff_t>(5000, 1));
  for (int row = 0; row < 3; ++row)
    for (int t = 0; t < 5000; ++t)
      ASSERT_EQ(out.view()[row][t], expected(in.view(), row, t, stream.latency(), 0.5f));
}

TEST(StreamProcessor, AnyPartitionGivesTheSameBits) {
  const auto in = noise(2, 20000);
  const StreamConfig config{.channels = 2, .attenuation_limit_db = 9.0f};
  auto stream = open({.latency = 160, .gain = 0.3f}, config);
  const auto whole = run(stream, in.view());
  for (unsigned seed = 0; seed < 20; ++seed) {
    stream.reset();
    expect_same_bits(whole, run(stream, in.view(), awkward_blocks(20000, seed)));
  }
}

TEST(StreamProcessor, SeveralHopsPerCallChangeNothing) {
  const auto in = noise(2, 30000);
  auto single = open({.latency = 99, .gain = 0.7f}, {.channels = 2});
  const auto once = run(single, in.view());
  for (const int frames : {2, 16, 64}) {
    auto stream = open({.latency = 99, .gain = 0.7f}, {.channels = 2, .frames_per_call = frames});
    EXPECT_EQ(stream.latency(), single.latency());
    expect_same_bits(once, run(stream, in.view()));
    stream.reset();
    expect_same_bits(once, run(stream, in.view(), awkward_blocks(30000, 5)));
  }
}

TEST(StreamProcessor, WorksInPlace) {
  const auto in = noise(2, 7001);
  const StreamConfig config{.channels = 2, .attenuation_limit_db = 6.0f, .frames_per_call = 4};
  auto stream = open({.latency = 80, .gain = 0.5f}, config);
  const auto apart = run(stream, in.view());
  stream.reset();
  auto buffer = noise(2, 7001);
  stream.process(buffer.view(), buffer.view());
  expect_same_bits(apart, buffer);
}

TEST(StreamProcessor, ResetIsAsGoodAsNew) {
  const auto in = noise(1, 5000);
  auto used = open({.latency = 160});
  run(used, noise(1, 1234, 9).view());
  used.set_bypass(true);
  run(used, noise(1, 50, 8).view());
  used.set_bypass(false);
  used.reset();
  auto fresh = open({.latency = 160});
  expect_same_bits(run(fresh, in.view()), run(used, in.view()));
}

TEST(StreamProcessor, TheAttenuationLimitMixesInTheAlignedDrySignal) {
  const auto in = noise(1, 3000);
  for (const float limit : {6.0f, 20.0f, 100.0f}) {
    auto stream = open({.latency = 50, .gain = 0.0f}, {.attenuation_limit_db = limit});
    const float gain = std::pow(10.0f, -limit / 20.0f);
    const auto out = run(stream, in.view());
    for (int t = 0; t < 3000; ++t)
      ASSERT_NEAR(out.view()[0][t], expected(in.view(), 0, t, stream.latency(), gain), 1e-6f);
  }
}

TEST(StreamProcessor, NoLimitIsZeroDecibelOrLess) {
  const auto in = noise(1, 1000);
  for (const float limit : {0.0f, -3.0f, std::numeric_limits<float>::quiet_NaN()}) {
    auto stream = open({.gain = 0.0f}, {.attenuation_limit_db = limit});
    const auto out = run(stream, in.view());
    for (const float sample : out.view()[0].span()) ASSERT_EQ(sample, 0.0f);
  }
}

// From silence (wet) to a constant (dry): the cross-fade itself is what comes out.
TEST(StreamProcessor, BypassCrossFadesInTenMilliseconds) {
  auto stream = open({.latency = 10, .gain = 0.0f});
  Tensor<float, 2> ones({1, 2000});
  std::ranges::fill(ones.view()[0].span(), 1.0f);
  run(stream, ones.view());
  stream.set_bypass(true);
  const auto on = run(stream, ones.view());
  stream.set_bypass(false);
  const auto off = run(stream, ones.view());
  for (int t = 0; t < 2000; ++t) {
    const float share = std::min(static_cast<float>(t + 1) / 160.0f, 1.0f);
    ASSERT_NEAR(on.view()[0][t], share, 1e-5f) << t;
    ASSERT_NEAR(off.view()[0][t], 1.0f - share, 1e-5f) << t;
  }
}

TEST(StreamProcessor, BypassIsTheInputBitForBitAtTheSameLatency) {
  const auto in = noise(1, 4000);
  auto stream = open({.latency = 77, .gain = 0.1f});
  stream.set_bypass(true);
  const auto out = run(stream, in.view(), awkward_blocks(4000, 3));
  for (int t = 160; t < 4000; ++t)
    ASSERT_EQ(out.view()[0][t], expected(in.view(), 0, t, stream.latency()));
}

TEST(StreamProcessor, NonFiniteSamplesBecomeSilenceInBothPaths) {
  auto in = noise(1, 2000);
  in.view()[0][500] = std::numeric_limits<float>::quiet_NaN();
  in.view()[0][600] = std::numeric_limits<float>::infinity();
  auto stream = open({.gain = 0.5f}, {.attenuation_limit_db = 6.0f});
  const auto out = run(stream, in.view());
  for (const float sample : out.view()[0].span()) ASSERT_TRUE(std::isfinite(sample));
  EXPECT_EQ(out.view()[0][500 + stream.latency()], 0.0f);
  EXPECT_EQ(out.view()[0][600 + stream.latency()], 0.0f);
  EXPECT_EQ(stream.repaired(), 2u);
}

// Hop h of the session's output begins hop - 1 samples after the stream's own sample h * hop.
TEST(StreamProcessor, VoiceActivityGoesWithTheLastSampleGivenOut) {
  const auto in = noise(2, 20000);
  for (const int frames : {1, 2, 16}) {
    auto stream = open({.latency = 160, .voice = true}, {.channels = 2, .frames_per_call = frames});
    for (unsigned seed = 0; seed < 5; ++seed) {
      stream.reset();
      EXPECT_EQ(stream.voice_activity(0), 0.0f);
      std::ptrdiff_t done = 0;
      for (const auto block : awkward_blocks(20000, seed)) {
        auto part = noise(2, block);
        stream.process(part.view(), part.view());
        done += block;
        if (done == 0) continue;
        const auto hop = (done - 1) / kHop - (done % kHop != 0);  // of sample done - 1, -1: before
        const float expected = hop < 0 ? 0.0f : 0.001f * static_cast<float>(hop);
        ASSERT_FLOAT_EQ(stream.voice_activity(0), expected) << done << ", seed " << seed;
        ASSERT_FLOAT_EQ(stream.voice_activity(1), hop < 0 ? 0.0f : expected + 0.5f) << done;
      }
    }
    EXPECT_EQ(stream.voice_activity(2), -1.0f);
    EXPECT_EQ(stream.voice_activity(-1), -1.0f);
  }
  EXPECT_EQ(open({}).voice_activity(0), -1.0f) << "a model that does not tell";
}

TEST(StreamProcessor, TellsEveryHopOnce) {
  for (const int frames : {1, 16}) {
    std::vector<float> told;
    auto stream = open({.voice = true}, {.frames_per_call = frames, .on_voice = [&](auto found) {
                                           told.insert(told.end(), found.begin(), found.end());
                                         }});
    run(stream, noise(1, 20000).view(), awkward_blocks(20000, 4));
    ASSERT_EQ(told.size(), 125u);
    for (std::size_t hop = 0; hop < told.size(); ++hop)
      ASSERT_FLOAT_EQ(told[hop], 0.001f * static_cast<float>(hop));
  }
}

TEST(StreamProcessor, ModelsWithSeveralInputsGetTheFirstOnesAsDrySignal) {
  const auto in = noise(8, 1000);
  auto stream = open({.latency = 5, .input_channels = 4}, {.channels = 2});
  ASSERT_EQ(stream.inputs(), 8);
  ASSERT_EQ(stream.outputs(), 2);
  stream.set_bypass(true);
  const auto out = run(stream, in.view());
  for (int t = 160; t < 1000; ++t) {
    ASSERT_EQ(out.view()[0][t], expected(in.view(), 0, t, stream.latency()));
    ASSERT_EQ(out.view()[1][t], expected(in.view(), 4, t, stream.latency()));
  }
}

TEST(StreamProcessor, SaysWhyItCannotOpen) {
  const auto why = [](std::shared_ptr<const Model> model, const StreamConfig& config) {
    auto stream = StreamProcessor::open(std::move(model), config);
    EXPECT_FALSE(stream.ok());
    return stream.ok() ? Error{} : stream.error();
  };
  EXPECT_EQ(why(nullptr, {}).code, ErrorCode::invalid_argument);
  EXPECT_EQ(why(fake_model(), {.channels = 0}).code, ErrorCode::invalid_argument);
  EXPECT_EQ(why(fake_model(), {.channels = 65}).message, "channels is 65, expected 1..64");
  EXPECT_EQ(why(fake_model(), {.frames_per_call = 0}).code, ErrorCode::invalid_argument);
  EXPECT_EQ(why(fake_model(), {.frames_per_call = 4097}).message,
            "frames_per_call is 4097, expected 1..4096");
  EXPECT_EQ(why(fake_model(), {.sample_rate = 4000}).code, ErrorCode::unsupported);
  EXPECT_EQ(why(fake_model({.memory = Memory::windowed}), {}).code, ErrorCode::unsupported);
}

TEST(StreamProcessor, IsRealtimeSafe) {
  auto stream = open({.latency = 160, .voice = true}, {.channels = 2, .frames_per_call = 4});
  auto buffer = noise(2, 8192);
  test::expect_realtime([&] {
    for (const auto block : {8192, 1, 0, 479, 160, 97}) {
      const auto part = buffer.view().slice(1, 0, block);
      stream.process(part, part);
      stream.set_bypass(block % 2 == 0);
      stream.set_attenuation_limit(12.0f);
    }
    stream.reset();
  });
}

}  // namespace
}  // namespace limpid::streaming
