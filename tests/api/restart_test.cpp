// SPDX-License-Identifier: MIT
// One channel of an enhancer begins anew, in the middle of a hop, with every shipped model.
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "lib/tensor/tensor.h"
#include "limpid/limpid.hpp"
#include "tests/support/realtime_guard.h"
#include "tests/support/signals.h"

namespace limpid {
namespace {

constexpr int kChannels = 3, kAnew = 1;

struct Case {
  const char* model;
  int sample_rate, hop;
};

Enhancer open(const Case& c) {
  auto enhancer = Enhancer::open({.model = c.model,
                                  .sample_rate = c.sample_rate,
                                  .channels = kChannels,
                                  .attenuation_limit_db = 12.0f});  // some of it is dry
  EXPECT_TRUE(enhancer) << enhancer.error().message;
  return *std::move(enhancer);
}

Tensor<float, 2> enhance(Enhancer& enhancer, AudioView<const float> in) {
  Tensor<float, 2> out({enhancer.outputs(), in.extent(1)});
  std::vector<const float*> from;
  std::vector<float*> to;
  for (std::ptrdiff_t row = 0; row < in.extent(0); ++row) from.push_back(in[row].data());
  for (std::ptrdiff_t row = 0; row < out.extent(0); ++row) to.push_back(out.view()[row].data());
  enhancer.process(from.data(), to.data(), static_cast<int>(in.extent(1)));
  return out;
}

// What a fresh enhancer makes of `in` where a hop already has `held` samples, all of them zero.
Tensor<float, 2> enhance_late(Enhancer& enhancer, AudioView<const float> in, std::ptrdiff_t held) {
  const Tensor<float, 2> silence({in.extent(0), held});
  enhance(enhancer, silence.view());
  return enhance(enhancer, in);
}

class Restart : public testing::TestWithParam<Case> {};

TEST_P(Restart, MakesOneChannelFreshAndLeavesTheOthersAlone) {
  const Case& c = GetParam();
  auto enhancer = open(c), undisturbed = open(c), fresh = open(c);
  const std::ptrdiff_t held = 77, heard = std::ptrdiff_t{c.hop} * 110 + held, more = c.hop * 75;
  const auto in = test::noise(enhancer.inputs(), heard + more);
  const auto before = in.view().slice(1, 0, heard), after = in.view().slice(1, heard, more);
  enhance(enhancer, before);
  enhance(undisturbed, before);
  test::expect_realtime([&] { EXPECT_TRUE(enhancer.restart(kAnew)); });
  const auto got = enhance(enhancer, after), old = enhance(undisturbed, after),
             anew = enhance_late(fresh, after, held);
  for (int channel = 0; channel < kChannels; ++channel) {
    const auto& want = channel == kAnew ? anew : old;
    EXPECT_TRUE(std::ranges::equal(got.view()[channel].span(), want.view()[channel].span()))
        << channel;
    EXPECT_EQ(enhancer.voice_activity(channel),
              (channel == kAnew ? fresh : undisturbed).voice_activity(channel));
  }
  EXPECT_EQ(enhancer.failure(), nullptr);
  for (const int channel : {-1, kChannels}) EXPECT_FALSE(enhancer.restart(channel));
}

INSTANTIATE_TEST_SUITE_P(Models, Restart,
                         testing::Values(Case{"light", 48000, 480}, Case{"base", 16000, 160},
                                         Case{"frcrn", 44100, 441},
                                         Case{"array-light-2", 16000, 160},
                                         Case{"array-light-4", 16000, 160},
                                         Case{"array-small-4", 16000, 256}),
                         [](const auto& tested) {
                           std::string name = tested.param.model;
                           std::ranges::replace(name, '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace limpid
