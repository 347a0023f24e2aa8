// SPDX-License-Identifier: MIT
// The C++ facade keeps its promises for any host.
#include <limits>
#include <thread>

#include "tests/api/api_fixture.h"
#include "tests/support/realtime_guard.h"

namespace limpid {
namespace {

using test::ApiTest;
using test::in_blocks;
using test::kHalf;
using test::signal;

std::vector<float> enhance(Enhancer& enhancer, const std::vector<float>& input, int block) {
  return in_blocks(input, block,
                   [&](auto* in, auto* out, int samples) { enhancer.process(in, out, samples); });
}

TEST_F(ApiTest, ChangesTheSignal) {
  auto enhancer = open();
  const auto input = signal(16000);
  const auto output = enhance(enhancer, input, 160);
  double power = 0, difference = 0;
  const auto latency = static_cast<std::size_t>(enhancer.latency());
  for (std::size_t i = latency; i < output.size(); ++i) {
    power += output[i] * output[i];
    difference += std::pow(output[i] - input[i - latency], 2);
  }
  EXPECT_GT(power, 1e-3);
  EXPECT_GT(difference, 1e-3);
}

TEST_F(ApiTest, AnyBlockSizeGivesTheSameSamples) {
  const auto input = signal(12'345);
  auto enhancer = open();
  const auto expected = enhance(enhancer, input, 160);
  for (const int block : {1, 7, 159, 161, 512, 513, 4096, 12'345}) {
    enhancer.reset();
    EXPECT_EQ(enhance(enhancer, input, block), expected) << block;
  }
}

TEST_F(ApiTest, InPlaceGivesTheSameSamples) {
  auto input = signal(5000);
  auto enhancer = open();
  const auto expected = enhance(enhancer, input, 333);
  enhancer.reset();
  float* buffer = input.data();
  enhancer.process(&buffer, &buffer, 5000);
  EXPECT_EQ(input, expected);
}

TEST_F(ApiTest, ChannelsAreIndependentAndMayCrossOver) {
  auto left = signal(4000), right = signal(4000, 0.21f);
  auto one = open(48000, 1);
  const auto expected_left = enhance(one, left, 480);
  one.reset();
  const auto expected_right = enhance(one, right, 480);
  auto both = open(48000, 2);
  EXPECT_EQ(both.inputs(), 2);
  EXPECT_EQ(both.outputs(), 2);
  const float* in[] = {left.data(), right.data()};
  float* out[] = {right.data(), left.data()};  // each onto the other's input
  both.process(in, out, 4000);
  for (std::size_t i = 0; i < 4000; ++i) {
    ASSERT_NEAR(right[i], expected_left[i], 1e-6);
    ASSERT_NEAR(left[i], expected_right[i], 1e-6);
  }
}

TEST_F(ApiTest, BypassIsTheInputLateByTheLatencyAtEveryRate) {
  for (const int rate : {8000, 11025, 16000, 22050, 44100, 48000, 96000, 192000}) {
    auto enhancer = open(rate);
    const int latency = enhancer.latency();
    EXPECT_LE(latency, rate * 3 / 100) << "more than 30 ms at " << rate;
    enhancer.set_bypass(true);
    enhancer.reset();
    const auto input = signal(3 * latency);
    const auto output = enhance(enhancer, input, 77);
    for (int i = 0; i < 3 * latency; ++i)
      ASSERT_EQ(output[static_cast<std::size_t>(i)],
                i < latency ? 0.0f : input[static_cast<std::size_t>(i - latency)])
          << rate << " Hz, sample " << i;
    EXPECT_EQ(enhancer.latency(), latency);
  }
}

TEST_F(ApiTest, AttenuationLimitKeepsAShareOfTheInput) {
  const auto input = signal(8000);
  auto enhancer = open();
  const auto wet = enhance(enhancer, input, 160);
  enhancer.set_attenuation_limit(kHalf);
  enhancer.reset();
  test::expect_half_and_half(enhance(enhancer, input, 160), wet, input, enhancer.latency());
}

TEST_F(ApiTest, OpensWithAnAttenuationLimit) {
  const auto input = signal(8000);
  auto unlimited = open();
  const auto wet = enhance(unlimited, input, 160);
  auto limited =
      Enhancer::open({.model = model_, .sample_rate = 16000, .attenuation_limit_db = kHalf});
  ASSERT_TRUE(limited) << limited.error().message;
  test::expect_half_and_half(enhance(*limited, input, 160), wet, input, limited->latency());
}

TEST_F(ApiTest, NonFiniteInputIsCountedAndForgotten) {
  auto enhancer = open();
  auto input = signal(4000);
  input[100] = std::numeric_limits<float>::quiet_NaN();
  input[200] = std::numeric_limits<float>::infinity();
  for (const float sample : enhance(enhancer, input, 500)) ASSERT_TRUE(std::isfinite(sample));
  EXPECT_EQ(enhancer.repaired(), 2u);
}

TEST_F(ApiTest, NullPointersAndNoSamplesDoNothing) {
  auto enhancer = open(16000, 2);
  auto input = signal(100);
  std::vector<float> output(100, 5.0f);
  const float* in[] = {input.data(), nullptr};
  float* out[] = {output.data(), output.data()};
  enhancer.process(nullptr, out, 100);
  enhancer.process(in, nullptr, 100);
  enhancer.process(in, out, 100);
  in[1] = input.data();
  enhancer.process(in, out, 0);
  enhancer.process(in, out, -1);
  EXPECT_EQ(output, std::vector<float>(100, 5.0f));
}

TEST_F(ApiTest, TellsWhereSpeechIs) {
  auto opened = Enhancer::open({.model = write_model("voice.safetensors", {.voice = true}),
                                .sample_rate = 16000,
                                .channels = 2});
  ASSERT_TRUE(opened) << opened.error().message;
  EXPECT_EQ(opened->voice_activity(), 0.0f);
  const auto input = signal(1600);
  std::vector<float> output(1600);
  const float* in[] = {input.data(), input.data()};
  float* out[] = {output.data(), output.data()};
  opened->process(in, out, 1600);
  EXPECT_GT(opened->voice_activity(0), 0.0f);
  EXPECT_LT(opened->voice_activity(0), 1.0f);
  EXPECT_EQ(opened->voice_activity(1), opened->voice_activity(0));
  EXPECT_EQ(opened->voice_activity(2), -1.0f);
  opened->reset();
  EXPECT_EQ(opened->voice_activity(), 0.0f);
  EXPECT_EQ(open().voice_activity(), -1.0f) << "this model has no such output";
}

TEST_F(ApiTest, CanBeMoved) {
  auto first = open();
  const auto input = signal(1600);
  const auto expected = enhance(first, input, 160);
  first.reset();
  Enhancer second = std::move(first);
  EXPECT_EQ(enhance(second, input, 160), expected);
  first = open();
  EXPECT_EQ(enhance(first, input, 160), expected);
}

TEST_F(ApiTest, EnhancersOpenAndRunInParallel) {
  const auto input = signal(4800);
  auto alone = open(48000);
  const auto expected = enhance(alone, input, 480);
  std::vector<std::vector<float>> outputs(4);
  {
    std::vector<std::jthread> threads;
    for (auto& output : outputs)
      threads.emplace_back([&] {
        auto enhancer = open(48000);
        output = enhance(enhancer, input, 480);
      });
  }
  for (const auto& output : outputs) EXPECT_EQ(output, expected);
}

TEST_F(ApiTest, ProcessIsRealtimeSafe) {
  auto enhancer = open(48000, 2);
  auto audio = signal(48000);
  float* channels[] = {audio.data(), audio.data()};
  test::expect_realtime([&] {
    enhancer.process(channels, channels, 10'000);
    enhancer.set_bypass(true);
    enhancer.set_attenuation_limit(12);
    enhancer.process(channels, channels, 333);
    enhancer.reset();
  });
}

TEST_F(ApiTest, OpenSaysWhatIsWrong) {
  const auto code = [&](EnhancerConfig config) {
    auto enhancer = Enhancer::open(config);
    EXPECT_FALSE(enhancer.ok());
    if (enhancer) return ErrorCode{-1};
    EXPECT_FALSE(enhancer.error().message.empty());
    return enhancer.error().code;
  };
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(code({.model = model_, .sample_rate = 0}), ErrorCode::unsupported);
  EXPECT_EQ(code({.model = model_, .sample_rate = -48000}), ErrorCode::unsupported);
  EXPECT_EQ(code({.model = model_, .sample_rate = 1 << 30}), ErrorCode::unsupported);
  EXPECT_EQ(code({.model = model_, .channels = 0}), ErrorCode::invalid_argument);
  EXPECT_EQ(code({.model = model_, .channels = 65}), ErrorCode::invalid_argument);
  EXPECT_EQ(code({.model = model_, .attenuation_limit_db = -1}), ErrorCode::invalid_argument);
  EXPECT_EQ(code({.model = model_, .attenuation_limit_db = nan}), ErrorCode::invalid_argument);
  EXPECT_EQ(code({.model = "no-such-model"}), ErrorCode::not_found);
  EXPECT_EQ(code({.model = (folder_ / "absent.safetensors").string()}), ErrorCode::not_found);
  EXPECT_EQ(code({.model = folder_.path().string()}), ErrorCode::io);
  std::ofstream(folder_ / "text.safetensors") << "this is no model at all";
  EXPECT_EQ(code({.model = (folder_ / "text.safetensors").string()}), ErrorCode::bad_format);
}

TEST(ModelNames, OpenAndTheFirstIsTheDefault) {
  const auto names = model_names();
  ASSERT_FALSE(names.empty());
  const auto opened = Enhancer::open({});
  ASSERT_TRUE(opened) << opened.error().message;
  const auto named = Enhancer::open({.model = names.front()});
  ASSERT_TRUE(named) << named.error().message;
  EXPECT_EQ(named->latency(), opened->latency());
  EXPECT_EQ(named->hop(), 480);  // 10 ms of 48 kHz
}

TEST(Version, IsThatOfTheProject) {
  EXPECT_STREQ(version(), LIMPID_EXPECTED_VERSION);
}

}  // namespace
}  // namespace limpid
