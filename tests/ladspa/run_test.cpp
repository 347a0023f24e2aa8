// SPDX-License-Identifier: MIT
// The plug-ins give the library's samples, whatever a host does with blocks, buffers and controls.
#include <limits>
#include <ostream>

#include "limpid/limpid.hpp"
#include "tests/ladspa/host.h"
#include "tests/support/realtime_guard.h"
#include "tests/support/signals.h"

namespace limpid {
namespace {

using test::Plugged;

constexpr int kSamples = 24'000;

Enhancer library(const std::string& model, int channels, float limit = 0.0f) {
  auto opened = Enhancer::open({.model = model, .sample_rate = 48000, .channels = channels});
  if (!opened) throw std::runtime_error(opened.error().message);
  opened->set_attenuation_limit(limit);
  return *std::move(opened);
}

// process(in, out, samples) of the whole signal, in blocks; in place where there is one signal.
template <class Process>
void in_blocks(const Tensor<float, 2>& from, Tensor<float, 2>& to, unsigned seed,
               Process&& process) {
  std::ptrdiff_t begin = 0;
  for (const auto block : test::awkward_blocks(from.extent(1), seed)) {
    std::vector<const float*> in;
    std::vector<float*> out;
    for (std::ptrdiff_t c = 0; c < from.extent(0); ++c) in.push_back(from.view()[c].data() + begin);
    for (std::ptrdiff_t c = 0; c < to.extent(0); ++c) out.push_back(to.view()[c].data() + begin);
    process(in.data(), out.data(), block);
    begin += block;
  }
}

Tensor<float, 2> enhanced(Enhancer enhancer, const Tensor<float, 2>& in, int outputs = 1) {
  Tensor<float, 2> out({outputs, in.extent(1)});
  in_blocks(in, out, 1, [&](auto* from, auto* to, std::ptrdiff_t samples) {
    enhancer.process(from, to, static_cast<int>(samples));
  });
  return out;
}

void run(Plugged& plugin, const Tensor<float, 2>& in, Tensor<float, 2>& out, unsigned seed) {
  in_blocks(in, out, seed, [&](auto* from, auto* to, std::ptrdiff_t samples) {
    plugin.run(from, to, static_cast<unsigned long>(samples));
  });
}

Tensor<float, 2> run(Plugged& plugin, const Tensor<float, 2>& in, unsigned seed = 2,
                     int outputs = 1) {
  Tensor<float, 2> out({outputs, in.extent(1)});
  run(plugin, in, out, seed);
  return out;
}

void expect_same(const Tensor<float, 2>& found, const Tensor<float, 2>& expected) {
  for (std::ptrdiff_t c = 0; c < expected.extent(0); ++c)
    EXPECT_TRUE(std::ranges::equal(found.view()[c].span(), expected.view()[c].span())) << c;
}

struct Choice {
  const char* label;
  const char* model;
  int inputs, outputs;
};
void PrintTo(const Choice& choice, std::ostream* out) {
  *out << choice.label;
}

class LadspaRun : public testing::TestWithParam<Choice> {};

TEST_P(LadspaRun, GivesTheLibrarysSamples) {
  const auto& [label, model, inputs, outputs] = GetParam();
  auto signal = test::noise(inputs, kSamples);
  const auto expected = enhanced(library(model, outputs), signal, outputs);
  Plugged plugin(label);
  EXPECT_EQ(plugin.latency, static_cast<float>(library(model, outputs).latency()))
      << "known before the first run";
  expect_same(run(plugin, signal, 2, outputs), expected);
  EXPECT_GE(plugin.voice, 0.0f);
  EXPECT_LE(plugin.voice, 1.0f);
  plugin.activate();  // anew
  run(plugin, signal, signal, 3);
  expect_same(signal, expected);
}

INSTANTIATE_TEST_SUITE_P(All, LadspaRun,
                         testing::Values(Choice{"limpid_light_mono", "light", 1, 1},
                                         Choice{"limpid_light_stereo", "light", 2, 2},
                                         Choice{"limpid_base_mono", "base", 1, 1},
                                         Choice{"limpid_base_stereo", "base", 2, 2},
                                         Choice{"limpid_frcrn_mono", "frcrn", 1, 1},
                                         Choice{"limpid_frcrn_stereo", "frcrn", 2, 2},
                                         Choice{"limpid_array_2", "array-light-2", 2, 1},
                                         Choice{"limpid_array_4", "array-light-4", 4, 1}),
                         [](const auto& choice) { return std::string(choice.param.label); });

TEST(LadspaLimit, IsTheLibrarys) {
  const auto signal = test::noise(1, kSamples);
  Plugged plugin("limpid_light_mono");
  plugin.limit = 12.0f;
  expect_same(run(plugin, signal), enhanced(library("light", 1, 12.0f), signal));
}

TEST(LadspaLimit, NoneAt100AndAboveAndWhereItIsNonsenseOrNotConnected) {
  const auto signal = test::noise(1, kSamples);
  const auto expected = enhanced(library("light", 1), signal);
  Plugged plugin("limpid_light_mono");
  for (const float limit : {100.0f, 1e9f, std::numeric_limits<float>::quiet_NaN()}) {
    plugin.limit = limit;
    plugin.activate();
    expect_same(run(plugin, signal), expected);
  }
  plugin.limit = 12.0f;
  plugin.connect("Attenuation Limit (dB)", nullptr);
  plugin.activate();
  expect_same(run(plugin, signal), expected);
}

TEST(LadspaLimit, OfZeroLeavesTheSoundAsItIs) {
  const auto signal = test::noise(1, kSamples);
  Plugged plugin("limpid_light_mono");
  plugin.limit = 0.0f;
  const auto out = run(plugin, signal);
  const auto latency = static_cast<std::ptrdiff_t>(plugin.latency);
  for (std::ptrdiff_t i = 480; i + latency < kSamples; ++i)  // after the cross-fade of 10 ms
    ASSERT_EQ(out.view()[0][i + latency], signal.view()[0][i]) << i;
}

TEST(LadspaInstances, AreIndependent) {
  const auto one = test::noise(1, kSamples, 1), two = test::noise(1, kSamples, 2);
  Plugged first("limpid_light_mono"), second("limpid_light_mono");
  second.limit = 12.0f;
  Tensor<float, 2> out_one({1, kSamples}), out_two({1, kSamples});
  for (std::ptrdiff_t begin = 0; begin < kSamples; begin += 500) {
    const float* in[] = {one.view()[0].data() + begin, two.view()[0].data() + begin};
    float* out[] = {out_one.view()[0].data() + begin, out_two.view()[0].data() + begin};
    first.run(&in[0], &out[0], 500);
    second.run(&in[1], &out[1], 500);
  }
  expect_same(out_one, enhanced(library("light", 1), one));
  expect_same(out_two, enhanced(library("light", 1, 12.0f), two));
}

TEST(LadspaInstances, DoNothingWithoutBuffers) {
  Plugged plugin("limpid_light_stereo");
  plugin.connect("latency", nullptr);
  plugin.connect("Voice Activity", nullptr);
  plugin.activate();
  std::vector<float> audio(100, 5.0f);
  const float* in[] = {audio.data(), nullptr};
  float* out[] = {audio.data(), audio.data()};
  plugin.run(in, out, 100);
  EXPECT_EQ(audio, std::vector<float>(100, 5.0f));
}

TEST(LadspaInstances, RunInRealTime) {
  auto signal = test::noise(2, kSamples);
  Plugged plugin("limpid_light_stereo");
  float* channels[] = {signal.view()[0].data(), signal.view()[1].data()};
  test::expect_realtime([&] {
    plugin.run(channels, channels, 10'000);
    plugin.limit = 0.0f;
    plugin.run(channels, channels, 333);
    plugin.limit = 12.0f;
    plugin.run(channels, channels, 1000);
  });
}

}  // namespace
}  // namespace limpid
