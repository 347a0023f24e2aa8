// SPDX-License-Identifier: MIT
// limpid::Enhancer on a GPU, as a server uses it; skipped where there is none.
#include <gtest/gtest.h>

#include <vector>

#include "limpid/limpid.hpp"
#include "tests/cuda/device_fixture.h"
#include "tests/support/audio_compare.h"
#include "tests/support/signals.h"

namespace limpid {
namespace {

constexpr int kChannels = 100, kSamples = 48000, kBlock = 441;  // more than a CPU's 64

std::vector<float*> rows(const Tensor<float, 2>& audio, std::ptrdiff_t begin) {
  std::vector<float*> channels;
  for (std::ptrdiff_t c = 0; c < audio.extent(0); ++c)
    channels.push_back(const_cast<float*>(audio.view()[c].data()) + begin);
  return channels;
}

Tensor<float, 2> enhance(Enhancer& enhancer, const Tensor<float, 2>& in) {
  Tensor<float, 2> out({in.extent(0), in.extent(1)});
  for (std::ptrdiff_t done = 0; done < in.extent(1); done += kBlock) {
    const auto count = static_cast<int>(std::min<std::ptrdiff_t>(kBlock, in.extent(1) - done));
    enhancer.process(rows(in, done).data(), rows(out, done).data(), count);
  }
  return out;
}

TEST(EnhancerOnDevice, EqualsTheCpuAndRestartsAChannel) {
  if (const auto why = kernels::cuda::no_device(); !why.empty()) GTEST_SKIP() << why;
  auto gpu = Enhancer::open({.channels = kChannels, .device = "cuda"});
  ASSERT_TRUE(gpu) << gpu.error().message;
  auto cpu = Enhancer::open({.channels = 1});
  ASSERT_TRUE(cpu) << cpu.error().message;
  EXPECT_EQ(gpu->latency(), cpu->latency());
  const auto in = test::noise(kChannels, kSamples);
  const auto expect_channel = [&](const Tensor<float, 2>& got, int channel) {
    Tensor<float, 2> one({1, kSamples});
    std::ranges::copy(in.view()[channel].span(), one.view()[0].data());
    const auto want = enhance(*cpu, one);
    EXPECT_LE(test::relative_error(got.view()[channel].span(), want.view()[0].span(), 0, 0), 1e-4)
        << channel;
  };
  const auto first = enhance(*gpu, in);
  expect_channel(first, 0);
  const auto unfinished = enhance(*gpu, in);  // channel 99 goes on, and then begins anew
  EXPECT_TRUE(gpu->restart(kChannels - 1));
  const auto second = enhance(*gpu, in);
  cpu->reset();
  expect_channel(second, kChannels - 1);
  EXPECT_EQ(gpu->failure(), nullptr);
}

}  // namespace
}  // namespace limpid
