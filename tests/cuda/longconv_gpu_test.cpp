// SPDX-License-Identifier: MIT
// LongConv's session for GPUs, its kernels run thread by thread on the CPU, against the session for
// CPUs.
#include <gtest/gtest.h>

#include "tests/cuda/emulated_longconv.h"
#include "tests/cuda/gpu_contract.h"

namespace limpid::models {
namespace {

using test::EmulatedLongConv;
using test::LongConvRecipe;

// One block, filters that see the present only, one mask a bin.
const LongConvRecipe kLeast{.blocks = 1, .short_taps = 1, .long_taps = 1, .taps = 1, .seed = 3};
// Columns of twice as many samples as they contribute to.
const LongConvRecipe kFine{
    .bands = {20, 140, 161}, .taps = 3, .voice = true, .analysis_window = 0.04, .seed = 13};
const LongConvRecipe kArray{.taps = 3, .voice = true, .microphones = 3, .seed = 9};
// With a filter behind the masks that looks back further than they do, and one that does not.
const LongConvRecipe kSteady{
    .taps = 1, .voice = true, .microphones = 4, .steady_frames = 3, .seed = 11};
const LongConvRecipe kBriefSteady{
    .blocks = 1, .taps = 4, .microphones = 5, .steady_frames = 2, .steady_horizon = 1, .seed = 12};

TEST(LongConvGpu, EqualsTheCpu) {
  for (const LongConvRecipe& recipe :
       {LongConvRecipe{}, LongConvRecipe{.taps = 5, .voice = true, .seed = 2}, kLeast,
        LongConvRecipe{.channels = 33, .memory = 35, .short_taps = 4, .long_taps = 33, .seed = 4},
        LongConvRecipe{.bands = {161}, .blocks = 1, .long_taps = 20, .exchange = 70, .seed = 5},
        LongConvRecipe{.bands = std::vector<int>(161, 1), .channels = 5, .blocks = 1, .seed = 6},
        LongConvRecipe{.channels = 96, .blocks = 1, .hidden = 50, .seed = 7}, kArray,
        LongConvRecipe{.blocks = 1, .taps = 1, .microphones = 2, .seed = 10}, kSteady, kBriefSteady,
        kFine,
        // More than RowPerceptron takes.
        LongConvRecipe{.channels = 100, .blocks = 1, .hidden = 50, .seed = 8}}) {
    SCOPED_TRACE(recipe.seed);
    for (const int lanes : {1, 3})
      test::expect_the_gpu_equals_the_cpu(
          EmulatedLongConv(recipe), {.sample_rate = 16000, .lanes = lanes, .max_frames = 19}, 90);
  }
}

// Sizes of a network that people would train.
TEST(LongConvGpu, EqualsTheCpuAtFullSize) {
  const LongConvRecipe recipe{
      .bands = {2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 4, 4, 4, 4, 4, 8, 8, 8, 8, 8, 13, 13, 13, 21, 21},
      .channels = 32,
      .memory = 28,
      .long_taps = 256,
      .filter_hidden = 24,
      .exchange = 80,
      .hidden = 64,
      .taps = 3,
      .level_horizon = 100,
      .voice = true};
  test::expect_the_gpu_equals_the_cpu(EmulatedLongConv(recipe),
                                      {.sample_rate = 16000, .lanes = 1, .max_frames = 7}, 20);
}

TEST(LongConvGpu, EqualsTheCpuOfTheShippedArrays) {
  for (const char* name : {"array-light-2", "array-light-4"})
    test::expect_the_gpu_equals_the_cpu(EmulatedLongConv(test::shipped_weights(name)),
                                        {.sample_rate = 16000, .lanes = 1, .max_frames = 19}, 60);
}

TEST(LongConvGpu, TensorCoresKeepWhatTheyPromise) {
  for (const LongConvRecipe& recipe :
       {LongConvRecipe{},
        LongConvRecipe{.channels = 24, .memory = 20, .exchange = 33, .hidden = 40}}) {
    const EmulatedLongConv model(recipe);
    test::expect_tensor_cores_keep(model, test::kKept);
  }
}

TEST(LongConvGpu, TensorCoresOfTheShippedNetworks) {
  const std::span<const test::Kept> all = test::kKeptByTrained;
  test::expect_tensor_cores_keep(EmulatedLongConv(test::shipped_weights("light")), all, 2);
  // The same layers, and inputs of three microphones more: once is enough.
  test::expect_tensor_cores_keep(EmulatedLongConv(test::shipped_weights("array-light-4")),
                                 all.subspan(2, 1), 2);
}

// Calls shorter and longer than what a thread keeps, the ring turning many times.
TEST(LongConvGpu, AnyChunkingGivesTheSameOutput) {
  for (const LongConvRecipe& recipe : {LongConvRecipe{.taps = 3}, kLeast, kFine, kArray, kSteady})
    test::expect_any_chunking_on_the_gpu(EmulatedLongConv(recipe), 61, {3, 22, 1, 60});
}

TEST(LongConvGpu, LongCallsAreCut) {
  test::expect_the_gpu_equals_the_cpu(EmulatedLongConv({.blocks = 1, .voice = true}),
                                      {.sample_rate = 8000, .lanes = 2, .max_frames = 70}, 70);
}

// Above the network's band gains follow from its top, and below it bins are missing.
TEST(LongConvGpu, EqualsTheCpuAtOtherRates) {
  for (const LongConvRecipe& recipe : {LongConvRecipe{.taps = 3}, kFine, kArray, kSteady}) {
    const EmulatedLongConv model(recipe);
    for (const int rate : {8000, 22050, 48000}) {
      SCOPED_TRACE(rate);
      test::expect_the_gpu_equals_the_cpu(model, {.sample_rate = rate, .lanes = 2, .max_frames = 7},
                                          20);
    }
  }
}

TEST(LongConvGpu, ALaneBeginsAnewAndTheOthersGoOn) {
  for (const LongConvRecipe& recipe : {LongConvRecipe{}, kArray, kSteady})
    for (const int rate : {16000, 24000})
      test::expect_a_lane_begins_anew(EmulatedLongConv(recipe), rate);
}

TEST(LongConvGpu, HostileInputIsRepaired) {
  for (const LongConvRecipe& recipe : {LongConvRecipe{}, kArray, kSteady})
    test::expect_repairs_on_the_gpu(EmulatedLongConv(recipe));
}

TEST(LongConvGpu, AFailingDeviceIsSilent) {
  test::expect_a_failing_device_is_silent(EmulatedLongConv({.voice = true}));
}

// Which remember more than one kernel moves at a time.
TEST(LongConvGpu, ManyBlocks) {
  const EmulatedLongConv model(
      {.bands = {161}, .channels = 2, .blocks = 40, .memory = 1, .long_taps = 2});
  test::expect_the_gpu_equals_the_cpu(model, {.sample_rate = 16000, .max_frames = 3}, 9);
}

// Live calls leave most of what a stream remembers alone; long ones read all of it but the tails.
TEST(LongConvGpu, KnowsWhatACallMoves) {
  const LongConvRecipe recipe{.blocks = 3, .memory = 5, .long_taps = 257};
  const auto in_rest = [&](int max_frames, Arithmetic arithmetic = Arithmetic::exact) {
    test::GpuPair pair(
        EmulatedLongConv(recipe),
        {.sample_rate = 16000, .lanes = 2, .max_frames = max_frames, .gpu_arithmetic = arithmetic});
    return (pair.gpu->memory() - pair.gpu->touched()) / sizeof(float);
  };
  const std::size_t values = 2u * 3u * 6u * 5u;  // lanes, blocks, bands, channels
  EXPECT_EQ(in_rest(1), values * (272 + 16 - (1 + 7 + 16 + 2)));
  EXPECT_EQ(in_rest(16), values * 16);
  EXPECT_EQ(in_rest(16, Arithmetic::fp16), values * 16 / 2) << "numbers of 16 bits";
}

// On a real one, where there is one: what the emulated kernels are held to, at sizes that fill it.
const LongConvRecipe kOnDevice[] = {
    {.taps = 3, .voice = true},
    {.channels = 96, .memory = 64, .long_taps = 256, .exchange = 64, .hidden = 384, .taps = 3},
    {.channels = 100, .blocks = 1, .taps = 3},
    {.bands = {60, 100, 161}, .channels = 64, .taps = 5, .voice = true, .analysis_window = 0.04},
    {.channels = 64, .taps = 5, .voice = true, .microphones = 4},
    {.channels = 64,
     .taps = 5,
     .voice = true,
     .microphones = 4,
     .steady_frames = 3,
     .steady_horizon = 333}};

TEST(LongConvOnDevice, EqualsTheCpu) {
  for (const LongConvRecipe& recipe : kOnDevice) {
    SCOPED_TRACE(recipe.channels);
    const auto model = test::random_longconv(recipe);
    for (const auto& [lanes, rate] : {std::pair{1, 16000}, {3, 48000}, {200, 16000}}) {
      test::expect_a_device_equals_the_cpu(*model, lanes, rate);
      if (IsSkipped()) return;
    }
  }
}

TEST(LongConvOnDevice, TensorCoresKeepWhatTheyPromise) {
  for (const LongConvRecipe& recipe : kOnDevice) {
    SCOPED_TRACE(recipe.channels);
    test::expect_tensor_cores_of_a_device_keep(*test::random_longconv(recipe), test::kKept);
    if (IsSkipped()) return;
  }
}

}  // namespace
}  // namespace limpid::models
