// SPDX-License-Identifier: MIT
// FRCRN over whole recordings on a GPU, its kernels run thread by thread on the CPU, against the
// same on CPUs.
#include <gtest/gtest.h>

#include <algorithm>
#include <span>

#include "models/frcrn/exact.h"
#include "models/frcrn/gpu_exact.h"
#include "tests/cuda/device_fixture.h"
#include "tests/cuda/gpu_contract.h"
#include "tests/cuda/host_queue.h"
#include "tests/support/audio_compare.h"
#include "tests/support/random_frcrn.h"
#include "tests/support/signals.h"

namespace limpid::models {
namespace {

using test::FrcrnRecipe;
using test::relative_error;

std::shared_ptr<const FrcrnNetwork> network_of(const FrcrnRecipe& recipe) {
  auto weights = test::frcrn_weights(recipe).weights(test::frcrn_metadata(recipe));
  const auto config = parse_frcrn_config(weights.metadata("config"), "test");
  EXPECT_TRUE(config) << config.error().message;
  auto network = FrcrnNetwork::load(weights, *config);
  EXPECT_TRUE(network) << network.error().message;
  return std::make_shared<const FrcrnNetwork>(*std::move(network));
}

// A network on both.
struct Pair {
  std::shared_ptr<const Model> cpu;
  std::unique_ptr<ExactSession> gpu;
  int queues = 0;

  explicit Pair(const FrcrnRecipe& recipe, Arithmetic arithmetic = Arithmetic::exact)
      : cpu(test::random_frcrn(recipe)) {
    auto session = GpuFrcrnExact::open(
        [this]() -> Result<GpuSession::Queue> {
          ++queues;
          return GpuSession::Queue(std::make_unique<kernels::cuda::HostQueue>());
        },
        network_of(recipe), arithmetic);
    EXPECT_TRUE(session) << session.error().message;
    if (session) gpu = *std::move(session);
  }

  static Tensor<float, 2> taken(Result<Tensor<float, 2>> result) {
    EXPECT_TRUE(result) << result.error().message;
    return result ? *std::move(result) : Tensor<float, 2>({0, 0});
  }
  void expect_same(AudioView<const float> in) const {
    const auto got = taken(gpu->enhance(in)), want = taken((*cpu->open_exact({}))->enhance(in));
    ASSERT_EQ(got.view().shape(), want.view().shape());
    for (std::ptrdiff_t i = 0; i < got.extent(0); ++i)
      EXPECT_LE(relative_error(got.view()[i].span(), want.view()[i].span(), 0, 0), 1e-5)
          << "recording " << i << " of " << got.extent(0) << ", " << in.extent(1) << " samples";
  }
};

TEST(FrcrnWholeGpu, EqualsTheCpu) {
  for (const FrcrnRecipe& recipe :
       {FrcrnRecipe{.pooling = "global", .lookahead = true},
        FrcrnRecipe{
            .unets = 2, .channels{3, 4, 8, 4, 8, 4}, .pooling = "global", .lookahead = true},
        FrcrnRecipe{
            .unets = 2, .channels{4, 4, 4, 4, 4, 4}, .pooling = "frozen", .lookahead = true},
        FrcrnRecipe{.lookahead = true, .time_order = 0}}) {
    SCOPED_TRACE(recipe.pooling);
    const Pair pair(recipe);
    ASSERT_NE(pair.gpu, nullptr);
    pair.expect_same(test::noise(1, 15999).view());
  }
}

TEST(FrcrnWholeGpu, SixteenBitsKeepWhatTheyPromise) {
  const FrcrnRecipe recipe{
      .unets = 2, .channels{4, 4, 8, 5, 8, 4}, .pooling = "global", .lookahead = true};
  const auto in = test::noise(1, 2400);
  for (const auto& [arithmetic, least] : std::span(test::kKept).last(2)) {
    SCOPED_TRACE(static_cast<int>(arithmetic));
    const Pair pair(recipe, arithmetic);
    ASSERT_NE(pair.gpu, nullptr);
    const auto want = Pair::taken((*pair.cpu->open_exact({}))->enhance(in.view()));
    EXPECT_GE(test::decibel_between(Pair::taken(pair.gpu->enhance(in.view())), want), least);
  }
}

// Memory is kept where it is large enough, and what is left in it does no harm.
TEST(FrcrnWholeGpu, SomeRecordingsAfterLongerOnes) {
  const Pair pair(
      {.unets = 2, .channels{3, 4, 4, 4, 8, 4}, .pooling = "global", .lookahead = true});
  ASSERT_NE(pair.gpu, nullptr);
  auto in = test::noise(2, 20000);
  for (float& x : in.view()[1].span()) x *= 0.01f;
  std::ranges::fill(in.view()[1].slice(0, 300, 50).span(), 0.0f);
  pair.expect_same(in.view());
  const int queues = pair.queues;
  pair.expect_same(in.view().slice(1, 0, 4001));
  EXPECT_EQ(pair.queues, queues);
  EXPECT_EQ(Pair::taken(pair.gpu->enhance(in.view().slice(1, 0, 0))).extent(1), 0);
}

TEST(FrcrnWholeGpu, ARecordingThatNoMemoryHoldsIsAnError) {
  const Pair pair({.pooling = "global", .lookahead = true});
  ASSERT_NE(pair.gpu, nullptr);
  const float sample = 0;
  const auto out = pair.gpu->enhance({&sample, {1, std::ptrdiff_t{1} << 61}});
  ASSERT_FALSE(out);
  EXPECT_EQ(out.error().code, ErrorCode::out_of_memory);
}

TEST(FrcrnWholeGpu, WhatCannotBeIsRefused) {
  const auto session = [](const FrcrnRecipe& recipe) {
    return GpuFrcrnExact::open(
        []() -> Result<GpuSession::Queue> {
          return GpuSession::Queue(std::make_unique<kernels::cuda::HostQueue>());
        },
        network_of(recipe), Arithmetic::exact);
  };
  const auto running = session({.pooling = "running", .lookahead = true});
  ASSERT_FALSE(running);
  EXPECT_EQ(running.error().code, ErrorCode::unsupported);
  EXPECT_FALSE(session({})) << "looks ahead nowhere";
  const auto causal = test::random_frcrn({})->open_exact({.gpu = 0});
  ASSERT_FALSE(causal);
  EXPECT_EQ(causal.error().code, ErrorCode::unsupported);
}

// Beyond two minutes the recipe cuts windows, some of which are one pass. What a window says of its
// edges is used at the very beginning only, and of the end nothing.
TEST(FrcrnExact, LongRecordingsAreWindows) {
  constexpr int kRate = 100, kEdge = 12, kEnd = 121 * kRate - kEdge;  // windows of 100 every 75
  const auto in = test::noise(2, 121 * kRate);
  int windows = 0, passes = 0;
  const auto out = frcrn_exact(kRate, in.view(), [&](AudioView<const float> recordings) {
    EXPECT_EQ(recordings.extent(1), kRate);
    ++passes;
    windows += static_cast<int>(recordings.extent(0));
    Tensor<float, 2> same({recordings.extent(0), recordings.extent(1)});
    for (std::ptrdiff_t i = 0; i < recordings.extent(0); ++i) {
      std::ranges::copy(recordings[i].span(), same.view()[i].data());
      std::fill_n(same.view()[i].data(), kEdge, 1e3f);
      std::fill_n(same.view()[i].data() + kRate - kEdge, kEdge, 1e3f);
    }
    return Result<Tensor<float, 2>>(std::move(same));
  });
  ASSERT_TRUE(out) << out.error().message;
  EXPECT_EQ(windows, 2 * ((121 * kRate - 100) / 75 + 1));
  EXPECT_LT(passes, 10);
  for (int i = 0; i < 2; ++i) {
    const auto got = out->view()[i], want = in.view()[i];
    for (int n = 0; n < kEdge; ++n) EXPECT_GT(got[n], 100) << n;
    EXPECT_LE(relative_error(got.slice(0, kEdge, kEnd - kEdge).span(),
                             want.slice(0, kEdge, kEnd - kEdge).span(), 0, 0),
              1e-4);
    for (int n = kEnd; n < 121 * kRate; ++n) EXPECT_EQ(got[n], 0) << n;
  }
}

// A second is no whole number of hops at some rates: what a pass returns of a window ends earlier.
TEST(FrcrnExact, WindowsLeaveNoGapsAtAnyRate) {
  for (const int rate : {11025, 22050}) {
    const auto hop = std::lround(0.01 * rate);
    const auto in = test::noise(1, 121 * rate);
    const auto out = frcrn_exact(rate, in.view(), [&](AudioView<const float> windows) {
      Tensor<float, 2> same({windows.extent(0), windows.extent(1) / hop * hop});
      for (std::ptrdiff_t i = 0; i < same.extent(0); ++i)
        std::copy_n(windows[i].data(), same.extent(1), same.view()[i].data());
      return Result<Tensor<float, 2>>(std::move(same));
    });
    ASSERT_TRUE(out) << out.error().message;
    const int end = 121 * rate - rate / 4;
    EXPECT_LE(relative_error(out->view()[0].slice(0, 0, end).span(),
                             in.view()[0].slice(0, 0, end).span(), 0, 0),
              1e-4)
        << rate;
  }
}

// On a real one, where there is one.
TEST(FrcrnWholeOnDevice, EqualsTheCpu) {
  if (const auto why = kernels::cuda::no_device(); !why.empty()) GTEST_SKIP() << why;
  const auto model = test::random_frcrn({.unets = 2,
                                         .published = true,
                                         .channels{24, 24, 24, 24, 24, 24, 24},
                                         .pooling = "global",
                                         .lookahead = true});
  auto gpu = model->open_exact({.gpu = 0});
  ASSERT_TRUE(gpu) << gpu.error().message;
  for (const auto& [recordings, length] : {std::pair{3, 20011}, {1, 123 * 16000}, {5, 16000}}) {
    const auto in = test::noise(recordings, length);
    const auto got = Pair::taken((*gpu)->enhance(in.view()));
    const auto want = Pair::taken((*model->open_exact({}))->enhance(in.view()));
    ASSERT_EQ(got.view().shape(), want.view().shape());
    for (int i = 0; i < recordings; ++i)
      EXPECT_LE(relative_error(got.view()[i].span(), want.view()[i].span(), 0, 0), 1e-4);
  }
}

}  // namespace
}  // namespace limpid::models
