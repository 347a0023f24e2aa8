// SPDX-License-Identifier: MIT
// The LV2 plug-ins give the library's samples, and do what is theirs alone; what they share with
// LADSPA's is in tests/ladspa.
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <lv2/core/lv2.h>

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "limpid/limpid.hpp"
#include "tests/support/realtime_guard.h"
#include "tests/support/signals.h"

namespace limpid {
namespace {

constexpr int kSamples = 24'000;
enum Port : std::uint32_t { limit, latency, voice, enabled, audio };  // inputs and outputs

const LV2_Descriptor* descriptor(std::uint32_t index) {
  static void* const file = dlopen(LIMPID_LV2, RTLD_NOW | RTLD_LOCAL);
  if (file == nullptr) throw std::runtime_error(dlerror());
  static const auto find = reinterpret_cast<LV2_Descriptor_Function>(dlsym(file, "lv2_descriptor"));
  return find(index);
}

const LV2_Descriptor& descriptor(const std::string& uri) {
  for (std::uint32_t i = 0; descriptor(i) != nullptr; ++i)
    if (descriptor(i)->URI == uri) return *descriptor(i);
  throw std::runtime_error("no plug-in " + uri);
}

Tensor<float, 2> copy_of(const Tensor<float, 2>& audio) {
  Tensor<float, 2> copy({audio.extent(0), audio.extent(1)});
  for (std::ptrdiff_t c = 0; c < audio.extent(0); ++c)
    std::ranges::copy(audio.view()[c].span(), copy.view()[c].data());
  return copy;
}

// An activated instance whose controls are connected.
struct Plugged {
  explicit Plugged(const std::string& uri)
      : plugin(descriptor(uri)),
        handle(plugin.instantiate(&plugin, 48000, "", nullptr), plugin.cleanup) {
    if (handle == nullptr) throw std::runtime_error(uri + " did not open");
    for (const Port port : {limit, latency, voice, enabled}) connect(port, &controls[port]);
    plugin.activate(handle.get());
  }

  void connect(std::uint32_t port, float* data) { plugin.connect_port(handle.get(), port, data); }

  // In place, with as many outputs.
  void run(Tensor<float, 2>& rows, std::ptrdiff_t begin, std::ptrdiff_t samples, int outputs) {
    std::uint32_t port = audio;
    for (std::ptrdiff_t c = 0; c < rows.extent(0); ++c)
      for (int ports = c < outputs ? 2 : 1; ports > 0; --ports)
        connect(port++, rows.view()[c].data() + begin);
    plugin.run(handle.get(), static_cast<std::uint32_t>(samples));
  }

  Tensor<float, 2> run(const Tensor<float, 2>& signal, int outputs = 1) {
    Tensor<float, 2> rows = copy_of(signal);
    std::ptrdiff_t begin = 0;
    for (const auto block : test::awkward_blocks(rows.extent(1), 2)) {
      run(rows, begin, block, outputs);
      begin += block;
    }
    return rows;
  }

  const LV2_Descriptor& plugin;
  std::unique_ptr<void, void (*)(void*)> handle;
  float controls[4] = {100.0f, -1.0f, -1.0f, 1.0f};
};

Tensor<float, 2> of_library(const EnhancerConfig& config, const Tensor<float, 2>& signal) {
  Tensor<float, 2> audio = copy_of(signal);
  auto enhancer = Enhancer::open(config);
  if (!enhancer) throw std::runtime_error(enhancer.error().message);
  std::vector<float*> rows;
  for (std::ptrdiff_t c = 0; c < audio.extent(0); ++c) rows.push_back(audio.view()[c].data());
  enhancer->process(rows.data(), rows.data(), static_cast<int>(audio.extent(1)));
  return audio;
}

void expect_same(const Tensor<float, 2>& found, const Tensor<float, 2>& expected) {
  for (std::ptrdiff_t c = 0; c < expected.extent(0); ++c)
    EXPECT_TRUE(std::ranges::equal(found.view()[c].span(), expected.view()[c].span())) << c;
}

TEST(Lv2Plugin, GivesTheLibrarysSamples) {
  struct Choice {
    std::string uri, model;
    int inputs, outputs;
  };
  for (const auto& [uri, model, inputs, outputs] : {Choice{"light_mono", "light", 1, 1},
                                                    {"light_stereo", "light", 2, 2},
                                                    {"base_mono", "base", 1, 1},
                                                    {"base_stereo", "base", 2, 2},
                                                    {"frcrn_mono", "frcrn", 1, 1},
                                                    {"frcrn_stereo", "frcrn", 2, 2},
                                                    {"array_2", "array-light-2", 2, 1},
                                                    {"array_4", "array-light-4", 4, 1}}) {
    SCOPED_TRACE(uri);
    const auto signal = test::noise(inputs, kSamples);
    Plugged plugin("urn:limpid:" + uri);
    EXPECT_GT(plugin.controls[latency], 0.0f) << "known before the first run";
    const auto expected = of_library({.model = model, .channels = outputs}, signal);
    expect_same(plugin.run(signal, outputs), expected);
    EXPECT_GE(plugin.controls[voice], 0.0f);
    plugin.plugin.activate(plugin.handle.get());  // anew
    expect_same(plugin.run(signal, outputs), expected);
  }
}

TEST(Lv2Plugin, LimitIsTheLibrarys) {
  const auto signal = test::noise(1, kSamples);
  Plugged plugin("urn:limpid:light_mono");
  plugin.controls[limit] = 12.0f;
  expect_same(plugin.run(signal), of_library({.attenuation_limit_db = 12.0f}, signal));
}

TEST(Lv2Plugin, LeavesTheSoundAsItIsWhereItIsNotEnabled) {
  const auto signal = test::noise(1, kSamples);
  Plugged plugin("urn:limpid:light_mono");
  plugin.controls[enabled] = 0.0f;
  const auto out = plugin.run(signal);
  const auto late = static_cast<std::ptrdiff_t>(plugin.controls[latency]);
  for (std::ptrdiff_t i = 480; i + late < kSamples; ++i)  // after the cross-fade of 10 ms
    ASSERT_EQ(out.view()[0][i + late], signal.view()[0][i]) << i;
}

TEST(Lv2Plugin, WhatIsNotConnectedIsItsDefault) {
  const auto signal = test::noise(1, kSamples);
  Plugged plugin("urn:limpid:light_mono");
  for (const Port port : {limit, latency, voice, enabled}) plugin.connect(port, nullptr);
  expect_same(plugin.run(signal), of_library({}, signal));
  plugin.connect(99, nullptr);  // no such port
}

TEST(Lv2Plugin, RatesThatTheModelDoesNotRunAtAreRefused) {
  const auto& plugin = descriptor("urn:limpid:light_mono");
  for (const double rate : {0.0, -48000.0, 7999.0, 192001.0, 1e12})
    EXPECT_EQ(plugin.instantiate(&plugin, rate, "", nullptr), nullptr) << rate;
}

TEST(Lv2Plugin, RunsInRealTime) {
  auto signal = test::noise(2, kSamples);
  Plugged plugin("urn:limpid:light_stereo");
  test::expect_realtime([&] {
    plugin.run(signal, 0, 10'000, 2);
    plugin.controls[enabled] = 0.0f;
    plugin.run(signal, 10'000, 333, 2);
    plugin.run(signal, 10'333, 0, 2);
    plugin.controls[limit] = 12.0f;
    plugin.run(signal, 10'333, 1000, 2);
  });
}

}  // namespace
}  // namespace limpid
