// SPDX-License-Identifier: MIT
// FRCRN's session for GPUs, its kernels run thread by thread on the CPU, against the session for
// CPUs.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/cuda/emulated_frcrn.h"
#include "tests/support/audio_compare.h"
#include "tests/support/signals.h"

namespace limpid::models {
namespace {

using kernels::cuda::HostQueue;
using test::FrcrnRecipe;
using test::relative_error;

constexpr int kHop = 160;

// What the published network has: two U-Nets, squeeze-excitation, look-ahead.
const FrcrnRecipe kPublished{
    .unets = 2, .channels = {3, 4, 5, 4, 6, 6}, .pooling = "running", .lookahead = true, .seed = 9};
const FrcrnRecipe kFrozen{.unets = 2,
                          .channels = {4, 4, 4, 4, 4, 4},
                          .pooling = "frozen",
                          .lookahead = true,
                          .seed = 5};

// Both sessions of one network.
struct Pair {
  test::EmulatedFrcrn model;
  std::unique_ptr<Session> cpu, gpu;
  HostQueue* queue = nullptr;

  Pair(const FrcrnRecipe& recipe, const SessionConfig& config) : model(recipe) {
    auto opened = model.open(config);
    EXPECT_TRUE(opened) << opened.error().message;
    cpu = *std::move(opened);
    auto host = std::make_unique<HostQueue>();
    queue = host.get();
    auto session = model.open(config, std::move(host));
    EXPECT_TRUE(session) << session.error().message;
    if (session) gpu = *std::move(session);
  }
};

// In calls of these many frames, again and again.
Tensor<float, 2> run(Session& session, AudioView<const float> in, std::vector<int> calls) {
  Tensor<float, 2> out({in.extent(0), in.extent(1)});
  const int hop = session.format().hop;
  std::ptrdiff_t at = 0;
  for (std::size_t call = 0; at < in.extent(1); ++call) {
    const std::ptrdiff_t count =
        std::min<std::ptrdiff_t>(calls[call % calls.size()] * hop, in.extent(1) - at);
    session.process(in.slice(1, at, count), out.view().slice(1, at, count));
    at += count;
  }
  return out;
}

void expect_same(const Tensor<float, 2>& got, const Tensor<float, 2>& want, double tolerance) {
  for (int lane = 0; lane < want.view().extent(0); ++lane)
    EXPECT_LE(relative_error(got.view()[lane].span(), want.view()[lane].span(), 0, 0), tolerance)
        << "lane " << lane;
}

TEST(FrcrnGpu, EqualsTheCpu) {
  for (const FrcrnRecipe& recipe :
       {FrcrnRecipe{}, FrcrnRecipe{.taps = 3, .voice = true, .seed = 2},
        FrcrnRecipe{.taps = 2, .level_horizon = 9},
        FrcrnRecipe{.time_order = 0, .compression = 1.0f, .seed = 3},
        FrcrnRecipe{.unets = 2, .pooling = "running", .seed = 4}, kPublished,
        kFrozen,
        FrcrnRecipe{.pooling = "running", .lookahead = true, .voice = true, .seed = 6}}) {
    SCOPED_TRACE(recipe.seed);
    Pair pair(recipe, {.sample_rate = 16000, .lanes = 2, .max_frames = 6});
    ASSERT_NE(pair.gpu, nullptr);
    const auto in = test::noise(2, kHop * 26);
    const auto want = run(*pair.cpu, in.view(), {6});
    expect_same(run(*pair.gpu, in.view(), {6}), want, 1e-5);
    EXPECT_EQ(pair.queue->replays, 4) << "the last call of 2 frames is not recorded";
    ASSERT_EQ(pair.gpu->voice_activity().size(), pair.cpu->voice_activity().size());
    for (std::size_t i = 0; i < pair.cpu->voice_activity().size(); ++i)
      EXPECT_NEAR(pair.gpu->voice_activity()[i], pair.cpu->voice_activity()[i], 1e-5);
  }
}

// The sizes of the shipped network: every tiling, rows in many blocks.
TEST(FrcrnGpu, EqualsTheCpuAtFullSize) {
  const FrcrnRecipe recipe{.channels = {8, 16, 32, 48, 64, 64}, .taps = 3, .voice = true};
  Pair pair(recipe, {.sample_rate = 16000, .lanes = 1, .max_frames = 4});
  ASSERT_NE(pair.gpu, nullptr);
  const auto in = test::noise(1, kHop * 8);
  const auto want = run(*pair.cpu, in.view(), {4});
  expect_same(run(*pair.gpu, in.view(), {4}), want, 1e-5);
}

// Transform, levels and kernels of the published network, with fewer channels; 14 frames of
// look-ahead, then 6 more.
TEST(FrcrnGpu, EqualsTheCpuOnThePublishedLevels) {
  for (const char* pooling : {"running", "frozen"}) {
    Pair pair({.unets = 2,
               .published = true,
               .channels = {8, 8, 8, 8, 8, 8, 8},
               .pooling = pooling,
               .lookahead = true,
               .compression = 1.0f},
              {.sample_rate = 16000, .lanes = 1, .max_frames = 5});
    ASSERT_NE(pair.gpu, nullptr);
    const auto in = test::noise(1, 320 * 20);
    const auto want = run(*pair.cpu, in.view(), {5});
    expect_same(run(*pair.gpu, in.view(), {5}), want, 1e-5);
  }
}

TEST(FrcrnGpu, AnyChunkingGivesTheSameOutput) {
  for (const FrcrnRecipe& recipe :
       {FrcrnRecipe{.channels = {3, 4, 5, 4, 6, 6}, .taps = 3}, kPublished}) {
    Pair pair(recipe, {.sample_rate = 16000, .lanes = 1, .max_frames = 23});
    ASSERT_NE(pair.gpu, nullptr);
    const auto in = test::noise(1, kHop * 46);
    const auto want = run(*pair.cpu, in.view(), {23});
    for (const auto& calls : {std::vector<int>{1}, {23}, {3, 22, 7}}) {
      pair.gpu->reset();
      expect_same(run(*pair.gpu, in.view(), calls), want, 1e-5);
    }
  }
}

TEST(FrcrnGpu, LongCallsAreCutAndLanesAreIndependent) {
  Pair pair({.taps = 2, .level_horizon = 30}, {.sample_rate = 8000, .lanes = 3, .max_frames = 70});
  ASSERT_NE(pair.gpu, nullptr);
  const auto in = test::noise(3, 80 * 70);
  const auto want = run(*pair.cpu, in.view(), {70});
  expect_same(run(*pair.gpu, in.view(), {70}), want, 1e-5);
}

// Above the network's band gains follow from its top, and below it bins are missing.
TEST(FrcrnGpu, EqualsTheCpuAtOtherRates) {
  const FrcrnRecipe filter{.channels = {3, 4, 5, 4, 6, 6}, .taps = 3};
  for (const FrcrnRecipe& recipe : {filter, kPublished})
    for (const int rate : {8000, 22050, 48000}) {
      SCOPED_TRACE(rate);
      Pair pair(recipe, {.sample_rate = rate, .lanes = 2, .max_frames = 7});
      ASSERT_NE(pair.gpu, nullptr);
      const auto in = test::noise(2, pair.cpu->format().hop * 20);
      const auto want = run(*pair.cpu, in.view(), {7});
      expect_same(run(*pair.gpu, in.view(), {7}), want, 1e-5);
    }
}

TEST(FrcrnGpu, ALaneBeginsAnewAndTheOthersGoOn) {
  for (const FrcrnRecipe& recipe :
       {FrcrnRecipe{.channels = {3, 4, 5, 4, 6, 6}, .taps = 2, .level_horizon = 100}, kPublished})
    for (const int rate : {16000, 24000}) {
      SCOPED_TRACE(rate);
      Pair pair(recipe, {.sample_rate = rate, .lanes = 3, .max_frames = 8});
      ASSERT_NE(pair.gpu, nullptr);
      const int hop = rate / 100;
      const auto in = test::noise(3, hop * 32);
      const auto want = run(*pair.cpu, in.view(), {8});
      run(*pair.gpu, in.view().slice(1, 0, hop * 16), {8});
      EXPECT_TRUE(pair.gpu->restart(1));
      const auto got = run(*pair.gpu, in.view().slice(1, hop * 16, hop * 16), {8});
      for (const int lane : {0, 2})
        EXPECT_LE(relative_error(got.view()[lane].span(),
                                 want.view()[lane].slice(0, hop * 16, hop * 16).span(), 0, 0),
                  1e-5);
      pair.cpu->reset();
      const auto anew = run(*pair.cpu, in.view().slice(1, hop * 16, hop * 16), {8});
      EXPECT_LE(relative_error(got.view()[1].span(), anew.view()[1].span(), 0, 0), 1e-5);
      EXPECT_FALSE(pair.cpu->restart(1));
    }
}

TEST(FrcrnGpu, HostileInputIsRepaired) {
  Pair pair({}, {.sample_rate = 16000, .lanes = 1, .max_frames = 4});
  ASSERT_NE(pair.gpu, nullptr);
  auto in = test::noise(1, kHop * 4);
  in.view()[0][3] = std::numeric_limits<float>::quiet_NaN();
  in.view()[0][100] = std::numeric_limits<float>::infinity();
  const auto out = run(*pair.gpu, in.view(), {4});
  for (const float sample : out.view()[0].span()) EXPECT_TRUE(std::isfinite(sample));
  EXPECT_EQ(pair.gpu->repaired(), 2u);
}

TEST(FrcrnGpu, AFailingDeviceIsSilent) {
  Pair pair({.voice = true}, {.sample_rate = 16000, .lanes = 1, .max_frames = 4});
  ASSERT_NE(pair.gpu, nullptr);
  pair.queue->failing = true;
  const auto in = test::noise(1, kHop * 8);
  const auto out = run(*pair.gpu, in.view(), {4, 3});
  for (const float sample : out.view()[0].span()) EXPECT_EQ(sample, 0.0f);
  ASSERT_NE(pair.gpu->failure(), nullptr);
  EXPECT_EQ(pair.gpu->failure()->message, "as asked");
  EXPECT_EQ(pair.cpu->failure(), nullptr);
}

TEST(FrcrnGpu, OtherNetworksAreRefused) {
  const SessionConfig config{.sample_rate = 16000, .gpu = 0};
  for (const FrcrnRecipe& recipe :
       {FrcrnRecipe{.pooling = "global"}, FrcrnRecipe{.frequency_order = 0}}) {
    const auto session = test::EmulatedFrcrn(recipe).open(config);
    ASSERT_FALSE(session);
    EXPECT_EQ(session.error().code, ErrorCode::unsupported) << session.error().message;
  }
}

// On a real one, where there is one: what the emulated kernels are held to, at sizes that fill it.
TEST(FrcrnOnDevice, EqualsTheCpu) {
  const FrcrnRecipe filter{.taps = 3, .voice = true};
  const auto filtering = test::random_frcrn(filter), published = test::random_frcrn(kPublished);
  for (const auto& [model, lanes, rate] : {std::tuple{filtering, 1, 16000},
                                           {filtering, 3, 48000},
                                           {filtering, 200, 16000},
                                           {published, 2, 16000},
                                           {published, 50, 16000}}) {
    const SessionConfig config{.sample_rate = rate, .lanes = lanes, .max_frames = 64, .gpu = 0};
    auto gpu = model->open(config);
    if (!gpu) GTEST_SKIP() << gpu.error().message;
    auto cpu = model->open({.sample_rate = rate, .lanes = lanes, .max_frames = 64});
    ASSERT_TRUE(cpu);
    const auto in = test::noise(lanes, (*cpu)->format().hop * 100);
    const auto want = run(**cpu, in.view(), {64});
    expect_same(run(**gpu, in.view(), {64}), want, 1e-4);
    (*gpu)->reset();
    expect_same(run(**gpu, in.view(), {1, 64, 7}), want, 1e-4);
  }
}

// Without a GPU this machine says so, and goes on.
TEST(FrcrnGpu, ASessionConfigChoosesTheDevice) {
  const auto model = test::random_frcrn({});
  const auto session = model->open({.sample_rate = 16000, .lanes = 1, .max_frames = 1, .gpu = 0});
  if (session) return;
  EXPECT_EQ(session.error().message.rfind("no CUDA device: ", 0), 0u) << session.error().message;
  EXPECT_TRUE(model->open({.sample_rate = 16000, .lanes = 1, .max_frames = 1}));
}

}  // namespace
}  // namespace limpid::models
