// SPDX-License-Identifier: MIT
// FRCRN's session for GPUs, its kernels run thread by thread on the CPU, against the session for
// CPUs.
#include <gtest/gtest.h>

#include <tuple>

#include "tests/cuda/emulated_frcrn.h"
#include "tests/cuda/gpu_contract.h"

namespace limpid::models {
namespace {

using test::EmulatedFrcrn;
using test::FrcrnRecipe;

// What the published network has: two U-Nets, squeeze-excitation, look-ahead.
const FrcrnRecipe kPublished{
    .unets = 2, .channels = {3, 4, 5, 4, 6, 6}, .pooling = "running", .lookahead = true, .seed = 9};
const FrcrnRecipe kFrozen{
    .unets = 2, .channels = {4, 4, 4, 4, 4, 4}, .pooling = "frozen", .lookahead = true, .seed = 5};

TEST(FrcrnGpu, EqualsTheCpu) {
  for (const FrcrnRecipe& recipe :
       {FrcrnRecipe{}, FrcrnRecipe{.taps = 3, .voice = true, .seed = 2},
        FrcrnRecipe{.taps = 2, .level_horizon = 9},
        FrcrnRecipe{.time_order = 0, .compression = 1.0f, .seed = 3},
        FrcrnRecipe{.unets = 2, .pooling = "running", .seed = 4}, kPublished, kFrozen,
        FrcrnRecipe{.pooling = "running", .lookahead = true, .voice = true, .seed = 6}}) {
    SCOPED_TRACE(recipe.seed);
    test::expect_the_gpu_equals_the_cpu(EmulatedFrcrn(recipe),
                                        {.sample_rate = 16000, .lanes = 2, .max_frames = 6}, 26);
  }
}

// The sizes of the shipped network: every tiling, rows in many blocks.
TEST(FrcrnGpu, EqualsTheCpuAtFullSize) {
  const EmulatedFrcrn model({.channels = {8, 16, 32, 48, 64, 64}, .taps = 3, .voice = true});
  test::expect_the_gpu_equals_the_cpu(model, {.sample_rate = 16000, .lanes = 1, .max_frames = 4},
                                      8);
}

// Transform, levels and kernels of the published network, with fewer channels; 14 frames of
// look-ahead, then 6 more.
TEST(FrcrnGpu, EqualsTheCpuOnThePublishedLevels) {
  for (const char* pooling : {"running", "frozen"})
    test::expect_the_gpu_equals_the_cpu(EmulatedFrcrn({.unets = 2,
                                                       .published = true,
                                                       .channels = {8, 8, 8, 8, 8, 8, 8},
                                                       .pooling = pooling,
                                                       .lookahead = true,
                                                       .compression = 1.0f}),
                                        {.sample_rate = 16000, .lanes = 1, .max_frames = 5}, 20);
}

TEST(FrcrnGpu, TensorCoresKeepWhatTheyPromise) {
  const EmulatedFrcrn filter({.channels = {4, 17, 9, 6, 6, 6}, .taps = 3}), published(kPublished);
  for (const EmulatedFrcrn* model : {&filter, &published}) {
    test::expect_tensor_cores_keep(*model, test::kKept);
  }
}

TEST(FrcrnGpu, TensorCoresOfTheShippedNetwork) {
  test::expect_tensor_cores_keep(EmulatedFrcrn(test::shipped_weights("frcrn")),
                                 test::kKeptByTrained, 2);
}

TEST(FrcrnGpu, AnyChunkingGivesTheSameOutput) {
  for (const FrcrnRecipe& recipe :
       {FrcrnRecipe{.channels = {3, 4, 5, 4, 6, 6}, .taps = 3}, kPublished})
    test::expect_any_chunking_on_the_gpu(EmulatedFrcrn(recipe), 23, {3, 22, 7});
}

// Memory layers of whole fours of channels keep their values as numbers of 16 bits; others do not.
TEST(FrcrnGpu, SixteenBitsAreTheSameHoweverCut) {
  for (const FrcrnRecipe& recipe :
       {FrcrnRecipe{.channels = {4, 8, 5, 12, 6, 8}, .taps = 2}, kPublished})
    test::expect_the_same_bits_however_cut(EmulatedFrcrn(recipe), {1, 3, 8, 4});
}

TEST(FrcrnGpu, LongCallsAreCutAndLanesAreIndependent) {
  test::expect_the_gpu_equals_the_cpu(EmulatedFrcrn({.taps = 2, .level_horizon = 30}),
                                      {.sample_rate = 8000, .lanes = 3, .max_frames = 70}, 70);
}

// Above the network's band gains follow from its top, and below it bins are missing.
TEST(FrcrnGpu, EqualsTheCpuAtOtherRates) {
  const FrcrnRecipe filter{.channels = {3, 4, 5, 4, 6, 6}, .taps = 3};
  for (const FrcrnRecipe& recipe : {filter, kPublished})
    for (const int rate : {8000, 22050, 48000}) {
      SCOPED_TRACE(rate);
      test::expect_the_gpu_equals_the_cpu(EmulatedFrcrn(recipe),
                                          {.sample_rate = rate, .lanes = 2, .max_frames = 7}, 20);
    }
}

TEST(FrcrnGpu, ALaneBeginsAnewAndTheOthersGoOn) {
  for (const FrcrnRecipe& recipe :
       {FrcrnRecipe{.channels = {3, 4, 5, 4, 6, 6}, .taps = 2, .level_horizon = 100}, kPublished})
    for (const int rate : {16000, 24000}) {
      SCOPED_TRACE(rate);
      test::expect_a_lane_begins_anew(EmulatedFrcrn(recipe), rate);
    }
}

TEST(FrcrnGpu, HostileInputIsRepaired) {
  test::expect_repairs_on_the_gpu(EmulatedFrcrn(FrcrnRecipe{}));
}

TEST(FrcrnGpu, AFailingDeviceIsSilent) {
  test::expect_a_failing_device_is_silent(EmulatedFrcrn({.voice = true}));
}

TEST(FrcrnGpu, OtherNetworksAreRefused) {
  const SessionConfig config{.sample_rate = 16000, .gpu = 0};
  for (const FrcrnRecipe& recipe :
       {FrcrnRecipe{.pooling = "global", .lookahead = true}, FrcrnRecipe{.frequency_order = 0}}) {
    const auto session = EmulatedFrcrn(recipe).open(config);
    ASSERT_FALSE(session);
    EXPECT_EQ(session.error().code, ErrorCode::unsupported) << session.error().message;
  }
}

// On a real one, where there is one: what the emulated kernels are held to, at sizes that fill it.
TEST(FrcrnOnDevice, EqualsTheCpu) {
  const auto filtering = test::random_frcrn({.taps = 3, .voice = true}),
             published = test::random_frcrn(kPublished);
  for (const auto& [model, lanes, rate] : {std::tuple{filtering, 1, 16000},
                                           {filtering, 3, 48000},
                                           {filtering, 200, 16000},
                                           {published, 2, 16000},
                                           {published, 50, 16000}}) {
    test::expect_a_device_equals_the_cpu(*model, lanes, rate);
    if (IsSkipped()) return;
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

TEST(FrcrnOnDevice, TensorCoresKeepWhatTheyPromise) {
  test::expect_tensor_cores_of_a_device_keep(*test::random_frcrn({.taps = 3}), test::kKept);
}

// Rows and channels enough for products of 128 columns, which tf32x3 has not.
TEST(FrcrnOnDevice, WideProductsKeepWhatTheyPromise) {
  const auto wide = test::random_frcrn({.published = true, .channels = std::vector<int>(7, 72)});
  test::expect_tensor_cores_of_a_device_keep(*wide, std::span(test::kKept).subspan(1), 4);
}

}  // namespace
}  // namespace limpid::models
