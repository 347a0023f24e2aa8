// SPDX-License-Identifier: MIT
// What must hold for every causal DeFTAN-II whatever its weights: chunking, lanes, reset, hostile
// input, a bounded state, and the real-time promise.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tests/support/audio_compare.h"
#include "tests/support/random_deftan2.h"
#include "tests/support/signals.h"
#include "tests/support/stream_contract.h"

namespace limpid {
namespace {

using test::Deftan2Recipe;
using test::open;
using test::random_deftan2;
using test::relative_error;
using test::run;

class Deftan2Stream : public testing::TestWithParam<Deftan2Recipe> {
 protected:
  void SetUp() override {
    model_ = random_deftan2(GetParam());
    ASSERT_NE(model_, nullptr);
    microphones_ = GetParam().microphones;
    hop_ = open(*model_, 1, 1)->format().hop;
  }
  std::shared_ptr<const Model> model_;
  int microphones_ = 0, hop_ = 0;
};

TEST_P(Deftan2Stream, AnyChunkingGivesTheSameOutput) {
  test::expect_any_chunking_gives_the_same(*model_, {.frames = 30, .max_frames = 13});
}

TEST_P(Deftan2Stream, LanesAreIndependent) {
  test::expect_independent_lanes(*model_, 3, {.frames = 20, .max_frames = 4}, 1e-6);
}

TEST_P(Deftan2Stream, RepeatsBitForBitAndResetIsAFreshStart) {
  test::expect_reset_is_a_fresh_start(*model_, {.frames = 25, .max_frames = 3});
}

TEST_P(Deftan2Stream, OneLaneBeginsAnew) {
  test::expect_restart_of_one_lane(*model_, {.frames = 25, .max_frames = 3});
}

TEST_P(Deftan2Stream, InPlaceEqualsOutOfPlace) {
  test::expect_in_place_equals_out_of_place(*model_, {.frames = 8, .max_frames = 8});
}

// Whatever the weights, what has not come in yet cannot be heard.
TEST_P(Deftan2Stream, NothingLeaksFromTheFuture) {
  auto in = test::noise(microphones_, hop_ * 20);
  const auto before = run(*model_, *open(*model_, 1, 1), in.view(), 1, 0);
  const std::ptrdiff_t change = hop_ * 12;
  for (int m = 0; m < microphones_; ++m)
    for (std::ptrdiff_t n = change; n < in.extent(1); ++n) in.view()[m][n] *= -2.0f;
  const auto after = run(*model_, *open(*model_, 1, 1), in.view(), 1, 0);
  // The output of a frame begins a hop before its input does.
  const auto same = static_cast<std::size_t>(change);
  EXPECT_TRUE(
      std::ranges::equal(before.view()[0].span().first(same), after.view()[0].span().first(same)));
  EXPECT_GT(relative_error(after.view()[0].span(), before.view()[0].span(), same, 0), 1e-3);
}

TEST_P(Deftan2Stream, ProcessAllocatesAndLocksNothing) {
  test::expect_realtime_process(*model_, 4);
}

// Whatever comes in, what goes out is finite and at the level of what comes in: of a filter at
// once, of a spectrum when the running level has forgotten a million.
TEST_P(Deftan2Stream, RecoversFromHostileInput) {
  const Deftan2Recipe& r = GetParam();
  test::expect_recovery_from_hostile_input(*model_, r.filter ? 60 : 60 + 18 * r.level_horizon, 0);
}

TEST_P(Deftan2Stream, SilenceStaysFinite) {
  const Tensor<float, 2> silence({microphones_, hop_ * 40});
  const auto got = run(*model_, *open(*model_, 1, 8), silence.view(), 8, 0);
  for (float y : got.view()[0].span()) ASSERT_LE(std::abs(y), 0.1f);
}

INSTANTIATE_TEST_SUITE_P(
    Recipes, Deftan2Stream,
    testing::Values(
        Deftan2Recipe{}, Deftan2Recipe{.microphones = 1, .filter = false, .level_horizon = 5},
        Deftan2Recipe{.microphones = 4, .unfold = 4, .relative = true, .compression = 0.5f},
        Deftan2Recipe{
            .layers = 1, .channels = 1, .unfold = 2, .heads = 1, .head_width = 1, .hidden = 2},
        Deftan2Recipe{.layers = 4, .channels = 17, .heads = 3, .head_width = 5, .hidden = 34}));

// A million frames, more than four hours at 16 ms, of a voice that never pauses: the attention's
// state is a mean that forgets, so it neither grows nor wears out. Afterwards the network answers
// as one does that has just heard the last of it.
TEST(Deftan2Soak, AMillionFramesLeaveTheStateAsItWas) {
  const auto model = random_deftan2({.microphones = 1,
                                     .layers = 1,
                                     .channels = 4,
                                     .unfold = 2,
                                     .heads = 1,
                                     .head_width = 4,
                                     .hidden = 8,
                                     .sample_rate = 8000,
                                     .hop = 0.001});
  ASSERT_NE(model, nullptr);
  constexpr int kFrames = 2000;
  const auto session = open(*model, 1, kFrames), fresh = open(*model, 1, kFrames);
  const auto sound = test::noise(1, std::ptrdiff_t{kFrames} * session->format().hop);
  Tensor<float, 2> out({1, sound.extent(1)}), want({1, sound.extent(1)});
  for (int i = 0; i < 500; ++i) session->process(sound.view(), out.view());
  for (int i = 0; i < 2; ++i) fresh->process(sound.view(), want.view());
  EXPECT_LE(relative_error(out.view()[0].span(), want.view()[0].span(), 0, 0), 1e-5);
}

TEST(Deftan2Open, WhatCannotBeIsRefusedByName) {
  const auto model = random_deftan2({});
  const auto code = [&](SessionConfig config) {
    auto session = model->open(config);
    EXPECT_FALSE(session);
    return session.error().code;
  };
  EXPECT_EQ(code({.sample_rate = 48000, .lanes = 1, .max_frames = 1}), ErrorCode::unsupported);
  EXPECT_EQ(code({.sample_rate = 16000, .lanes = 0, .max_frames = 1}), ErrorCode::invalid_argument);
  EXPECT_EQ(code({.sample_rate = 16000, .lanes = 1, .max_frames = 0}), ErrorCode::invalid_argument);
  EXPECT_EQ(model->spec().input_channels, 2);
  EXPECT_EQ(model->spec().output_channels, 1);
}

}  // namespace
}  // namespace limpid
