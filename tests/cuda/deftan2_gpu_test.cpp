// SPDX-License-Identifier: MIT
// DeFTAN-II's session for GPUs, its kernels run thread by thread on the CPU, against the session
// for CPUs.
#include <gtest/gtest.h>

#include <algorithm>

#include "models/registry.h"
#include "tests/cuda/emulated_deftan2.h"
#include "tests/cuda/gpu_contract.h"

namespace limpid::models {
namespace {

using test::Deftan2Recipe;
using test::EmulatedDeftan2;
using test::GpuPair;
using test::relative_error;
using test::run_calls;

// With 33 bins.
EmulatedDeftan2 small(Deftan2Recipe recipe) {
  recipe.hop = 32 / 16000.0;
  return EmulatedDeftan2(recipe);
}

const auto kShipped = test::shipped_weights("array-small-4");

// Its norms see few channels.
constexpr test::Kept kKept[] = {{Arithmetic::tf32x3, 100},
                                {Arithmetic::tf32, 50},
                                {Arithmetic::fp16, 50},
                                {Arithmetic::bf16, 32}};
// Two trained blocks leave less of noise, and a tanh of 11 bits stands beside what is left.
constexpr test::Kept kKeptByShipped[] = {{Arithmetic::tf32x3, 100},
                                         {Arithmetic::tf32, 45},
                                         {Arithmetic::fp16, 45},
                                         {Arithmetic::bf16, 32}};
// Of a second and a half: after a fifth of one its output is 32 dB below the noise that comes in,
// and what differs is no weaker than it was (73 dB below it in tf32 and fp16). tf32x3: 98 dB
// emulated, 93 on an H200, whose tensor cores cut their sums off.
constexpr test::Kept kKeptForLonger[] = {{Arithmetic::tf32x3, 90},
                                         {Arithmetic::tf32, 42},
                                         {Arithmetic::fp16, 42},
                                         {Arithmetic::bf16, 32}};

// Whole fours of channels and odd numbers of them, every tiling, heads in one part and in several,
// with and without a filter.
TEST(Deftan2Gpu, EqualsTheCpu) {
  for (const Deftan2Recipe& recipe :
       {Deftan2Recipe{}, Deftan2Recipe{.microphones = 3, .relative = true, .compression = 0.5f},
        Deftan2Recipe{.microphones = 1, .layers = 1, .filter = false, .seed = 2},
        Deftan2Recipe{.channels = 8, .unfold = 2, .heads = 2, .head_width = 8, .hidden = 32},
        Deftan2Recipe{.layers = 3, .channels = 5, .unfold = 4, .heads = 3, .head_width = 17},
        Deftan2Recipe{.layers = 1, .channels = 20, .heads = 1, .head_width = 35, .hidden = 74}}) {
    SCOPED_TRACE(recipe.channels);
    test::expect_the_gpu_equals_the_cpu(small(recipe),
                                        {.sample_rate = 16000, .lanes = 2, .max_frames = 5}, 22);
  }
}

// Which remember more than one kernel moves at a time.
TEST(Deftan2Gpu, ManyLayers) {
  Deftan2Recipe recipe{.microphones = 1, .layers = 10, .channels = 8, .unfold = 4, .heads = 1};
  recipe.hop = 16 / 16000.0;
  GpuPair pair(EmulatedDeftan2(recipe), {.sample_rate = 16000, .max_frames = 7});
  ASSERT_NE(pair.gpu, nullptr);
  const auto in = pair.noise(16 * 49);
  const auto want = run_calls(*pair.cpu, in.view(), {7});
  test::expect_same_lanes(run_calls(*pair.gpu, in.view(), {7}), want, 1e-5);
  ASSERT_TRUE(pair.gpu->restart(0));
  test::expect_same_lanes(run_calls(*pair.gpu, in.view(), {7}), want, 1e-5);
}

TEST(Deftan2Gpu, TheShippedNetwork) {
  test::expect_the_gpu_equals_the_cpu(EmulatedDeftan2(kShipped),
                                      {.sample_rate = 16000, .max_frames = 3}, 9);
}

// The shipped network and one with odd numbers of everything.
TEST(Deftan2Gpu, TensorCoresKeepWhatTheyPromise) {
  test::expect_tensor_cores_keep(EmulatedDeftan2(kShipped), kKeptByShipped);
  test::expect_tensor_cores_keep(small({.filter = false}), kKept);
}

TEST(Deftan2Gpu, AnyChunkingGivesTheSameOutput) {
  for (const Deftan2Recipe& recipe :
       {Deftan2Recipe{}, Deftan2Recipe{.microphones = 1, .unfold = 4, .relative = true}})
    test::expect_any_chunking_on_the_gpu(small(recipe), 23, {3, 22, 7});
}

TEST(Deftan2Gpu, LongCallsAreCut) {
  test::expect_the_gpu_equals_the_cpu(small({.layers = 1}),
                                      {.sample_rate = 16000, .lanes = 2, .max_frames = 70}, 70);
}

TEST(Deftan2Gpu, LanesAreIndependent) {
  GpuPair pair(small({}), {.sample_rate = 16000, .lanes = 3, .max_frames = 6});
  ASSERT_NE(pair.gpu, nullptr);
  auto in = pair.noise(32 * 12);
  const auto before = run_calls(*pair.gpu, in.view(), {6}, 2);
  std::ranges::fill(in.view()[2].span(), 0.5f);  // a microphone of the second lane
  pair.gpu->reset();
  const auto after = run_calls(*pair.gpu, in.view(), {6}, 2);
  for (const int lane : {0, 1, 2})
    EXPECT_EQ(std::ranges::equal(before.view()[lane].span(), after.view()[lane].span()), lane != 1);
}

// Where one lane's output lies, another's input may have been.
TEST(Deftan2Gpu, InPlace) {
  GpuPair pair(small({}), {.sample_rate = 16000, .lanes = 2, .max_frames = 80});
  ASSERT_NE(pair.gpu, nullptr);
  auto audio = pair.noise(32 * 80);
  const auto want = run_calls(*pair.cpu, audio.view(), {80}, 2);
  pair.gpu->process(audio.view(), audio.view().slice(0, 0, 2));
  for (int lane = 0; lane < 2; ++lane)
    EXPECT_LE(relative_error(audio.view()[lane].span(), want.view()[lane].span(), 0, 0), 1e-5);
}

TEST(Deftan2Gpu, ALaneBeginsAnewAndTheOthersGoOn) {
  test::expect_a_lane_begins_anew(small({.unfold = 4}), 16000);
}

TEST(Deftan2Gpu, HostileInputIsRepaired) {
  test::expect_repairs_on_the_gpu(small({.relative = true, .compression = 0.5f}));
}

TEST(Deftan2Gpu, LoudnessAndSilenceGiveNumbers) {
  GpuPair pair(small({.relative = true, .compression = 0.5f}), {.sample_rate = 16000});
  ASSERT_NE(pair.gpu, nullptr);
  auto in = pair.noise(32 * 4);
  for (const float level : {0.0f, 1e15f, 0.0f}) {
    for (int row = 0; row < pair.inputs; ++row) std::ranges::fill(in.view()[row].span(), level);
    const auto out = run_calls(*pair.gpu, in.view(), {1}, pair.inputs);
    for (const float sample : out.view()[0].span()) EXPECT_TRUE(std::isfinite(sample)) << level;
  }
}

TEST(Deftan2Gpu, AFailingDeviceIsSilent) {
  test::expect_a_failing_device_is_silent(small({}));
}

TEST(Deftan2Gpu, WhatCannotBeIsRefused) {
  const EmulatedDeftan2 model(Deftan2Recipe{});
  const auto many = model.open({.sample_rate = 16000, .lanes = 65536, .max_frames = 64, .gpu = 0});
  ASSERT_FALSE(many) << "more than kernels can count";
  EXPECT_EQ(many.error().code, ErrorCode::unsupported) << many.error().message;
  const auto whole =
      test::random_deftan2({.causal = false})->open({.sample_rate = 16000, .gpu = 0});
  ASSERT_FALSE(whole) << "a network for whole recordings";
  EXPECT_EQ(whole.error().code, ErrorCode::unsupported) << whole.error().message;
}

// On a real one, where there is one: what the emulated kernels are held to, at sizes that fill it.
TEST(Deftan2OnDevice, EqualsTheCpu) {
  const auto shipped = load("array-small-4");
  ASSERT_TRUE(shipped) << shipped.error().message;
  const auto odd = test::random_deftan2({.microphones = 3, .unfold = 4, .relative = true});
  const auto wide = test::random_deftan2({.channels = 48, .head_width = 40, .hidden = 96});
  for (const auto& [model, lanes] : {std::pair{*shipped, 1}, {*shipped, 100}, {odd, 5}, {wide, 2}})
    test::expect_a_device_equals_the_cpu(*model, lanes, 16000);
}

TEST(Deftan2OnDevice, TensorCoresKeepWhatTheyPromise) {
  const auto model = load("array-small-4");
  ASSERT_TRUE(model) << model.error().message;
  test::expect_tensor_cores_of_a_device_keep(**model, kKeptForLonger);
}

}  // namespace
}  // namespace limpid::models
