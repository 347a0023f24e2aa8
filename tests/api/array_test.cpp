// SPDX-License-Identifier: MIT
// The facade with a model of several microphones: how many channels go in and come out can be
// asked, and what comes out is what the network was trained to give.
#include <gtest/gtest.h>

#include "limpid/limpid.h"
#include "limpid/limpid.hpp"
#include "tests/support/audio_compare.h"
#include "tests/support/realtime_guard.h"

namespace limpid {
namespace {

std::string data(const char* file) {
  return std::string(LIMPID_TEST_DATA) + "/" + file;
}

// The recording through process(in, out, samples) in blocks of 100, its latency made up for.
template <class Process>
std::vector<float> enhanced(const Process& process, int latency) {
  const auto audio = test::channels(data("deftan2_tiny_input.wav"));
  const auto length = audio.extent(1), total = length + latency;
  std::vector<float> out(static_cast<std::size_t>(total));
  Tensor<float, 2> in({audio.extent(0), total});
  for (std::ptrdiff_t m = 0; m < audio.extent(0); ++m)
    std::ranges::copy(audio.view()[m].span(), in.view()[m].data());
  for (std::ptrdiff_t at = 0; at < total; at += 100) {
    const float* from[] = {in.view()[0].data() + at, in.view()[1].data() + at,
                           in.view()[2].data() + at};
    float* to[] = {out.data() + at};
    process(from, to, static_cast<int>(std::min<std::ptrdiff_t>(100, total - at)));
  }
  return {out.begin() + latency, out.end()};
}

void expect_published(const std::vector<float>& got) {
  const auto want = test::channel(data("deftan2_tiny_causal_expected.wav"));
  EXPECT_LE(test::relative_error(got, want, 0, 0), 1e-5);
}

TEST(ArrayApi, EnhancerTakesEveryMicrophoneAndGivesOneChannel) {
  auto enhancer =
      Enhancer::open({.model = data("deftan2_tiny_causal.safetensors"), .sample_rate = 16000});
  ASSERT_TRUE(enhancer) << enhancer.error().message;
  EXPECT_EQ(enhancer->inputs(), 3);
  EXPECT_EQ(enhancer->outputs(), 1);
  expect_published(
      enhanced([&](auto* in, auto* out, int samples) { enhancer->process(in, out, samples); },
               enhancer->latency()));
}

TEST(ArrayApi, SeveralArraysAreLanesAndRealtimeSafe) {
  auto enhancer = Enhancer::open(
      {.model = data("deftan2_tiny_causal.safetensors"), .sample_rate = 16000, .channels = 2});
  ASSERT_TRUE(enhancer) << enhancer.error().message;
  EXPECT_EQ(enhancer->inputs(), 6);
  EXPECT_EQ(enhancer->outputs(), 2);
  std::vector<float> quiet(512), out(512);
  const float* in[] = {quiet.data(), quiet.data(), quiet.data(),
                       quiet.data(), quiet.data(), quiet.data()};
  float* to[] = {out.data(), out.data()};
  test::expect_realtime([&] { enhancer->process(in, to, 512); });
}

TEST(ArrayApi, InC) {
  const std::string model = data("deftan2_tiny_causal.safetensors");
  limpid_config config = LIMPID_CONFIG_DEFAULT;
  config.model = model.c_str();
  config.sample_rate = 16000;
  limpid_enhancer* enhancer = nullptr;
  char message[256];
  ASSERT_EQ(limpid_create(&config, &enhancer, message, sizeof message), LIMPID_OK) << message;
  EXPECT_EQ(limpid_inputs(enhancer), 3);
  EXPECT_EQ(limpid_outputs(enhancer), 1);
  expect_published(enhanced(
      [&](auto* in, auto* out, int samples) { limpid_process(enhancer, in, out, samples); },
      limpid_latency(enhancer)));
  limpid_destroy(enhancer);
}

TEST(ArrayApi, WholeRecordingModelsAndOtherRatesAreRefused) {
  const auto code = [](const char* model, int rate) {
    auto enhancer = Enhancer::open({.model = data(model), .sample_rate = rate});
    EXPECT_FALSE(enhancer);
    return enhancer.error().code;
  };
  EXPECT_EQ(code("deftan2_tiny.safetensors", 16000), ErrorCode::unsupported);
  EXPECT_EQ(code("deftan2_tiny_causal.safetensors", 48000), ErrorCode::unsupported);
}

}  // namespace
}  // namespace limpid
