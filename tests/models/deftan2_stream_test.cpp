// SPDX-License-Identifier: MIT
// What must hold for every causal DeFTAN-II whatever its weights: chunking, lanes, reset, hostile
// input, a bounded state, and the real-time promise.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "tests/support/audio_compare.h"
#include "tests/support/random_deftan2.h"
#include "tests/support/realtime_guard.h"
#include "tests/support/signals.h"

namespace limpid {
namespace {

using test::Deftan2Recipe;
using test::random_deftan2;
using test::relative_error;

std::unique_ptr<Session> open(const Model& model, int lanes, int max_frames) {
  auto session = model.open(
      {.sample_rate = model.spec().sample_rate, .lanes = lanes, .max_frames = max_frames});
  EXPECT_TRUE(session) << session.error().message;
  return session ? *std::move(session) : nullptr;
}

// Runs [lane * microphone][sample] audio in calls of 1..max_frames hops (seed 0: always the most).
Tensor<float, 2> run(const Model& model, Session& session, AudioView<const float> in,
                     int max_frames, unsigned seed) {
  const int hop = session.format().hop;
  Tensor<float, 2> out({in.extent(0) / model.spec().input_channels, in.extent(1)});
  std::mt19937 random(seed);
  std::uniform_int_distribution<std::ptrdiff_t> chunk(1, max_frames);
  for (std::ptrdiff_t at = 0, count = 0; at + hop <= in.extent(1); at += count) {
    const std::ptrdiff_t frames = seed == 0 ? max_frames : chunk(random);
    count = std::min(frames, (in.extent(1) - at) / hop) * hop;
    session.process(in.slice(1, at, count), out.view().slice(1, at, count));
  }
  return out;
}

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
  const auto in = test::noise(2 * microphones_, hop_ * 30);
  const auto want = run(*model_, *open(*model_, 2, 1), in.view(), 1, 0);
  for (unsigned seed : {0u, 1u, 2u}) {
    const auto got = run(*model_, *open(*model_, 2, 13), in.view(), 13, seed);
    for (int lane = 0; lane < 2; ++lane)
      EXPECT_LE(relative_error(got.view()[lane].span(), want.view()[lane].span(), 0, 0), 1e-5);
  }
}

TEST_P(Deftan2Stream, LanesAreIndependent) {
  const auto in = test::noise(3 * microphones_, hop_ * 20);
  const auto all = run(*model_, *open(*model_, 3, 4), in.view(), 4, 0);
  for (int lane = 0; lane < 3; ++lane) {
    const auto own = in.view().slice(0, lane * microphones_, microphones_);
    const auto one = run(*model_, *open(*model_, 1, 4), own, 4, 0);
    EXPECT_LE(relative_error(all.view()[lane].span(), one.view()[0].span(), 0, 0), 1e-6);
  }
}

TEST_P(Deftan2Stream, RepeatsBitForBitAndResetIsAFreshStart) {
  const auto in = test::noise(microphones_, hop_ * 25);
  const auto session = open(*model_, 1, 3);
  const auto first = run(*model_, *session, in.view(), 3, 5);
  session->reset();
  const auto again = run(*model_, *session, in.view(), 3, 5);
  EXPECT_TRUE(std::ranges::equal(first.view()[0].span(), again.view()[0].span()));
}

TEST_P(Deftan2Stream, InPlaceEqualsOutOfPlace) {
  auto both = test::noise(2 * microphones_, hop_ * 8);
  const auto want = run(*model_, *open(*model_, 2, 8), both.view(), 8, 0);
  open(*model_, 2, 8)->process(both.view(), both.view().slice(0, 0, 2));
  for (int lane = 0; lane < 2; ++lane)
    EXPECT_TRUE(std::ranges::equal(both.view()[lane].span(), want.view()[lane].span()));
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
  const auto in = test::noise(2 * microphones_, hop_ * 4);
  Tensor<float, 2> out({2, hop_ * 4});
  const auto session = open(*model_, 2, 4);
  test::expect_realtime([&] {
    for (int i = 0; i < 4; ++i) session->process(in.view(), out.view());
    session->reset();
    session->process(in.view().slice(1, 0, hop_), out.view().slice(1, 0, hop_));
  });
}

// Whatever comes in, what goes out is finite and at the level of what comes in.
TEST_P(Deftan2Stream, RecoversFromHostileInput) {
  const float inf = std::numeric_limits<float>::infinity();
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (float poison : {nan, inf, -inf, 1e30f, -3e38f, 1e-42f, 0.0f}) {
    auto in = test::noise(microphones_, hop_ * 60);
    for (int m = 0; m < microphones_; ++m)
      for (std::ptrdiff_t n = 0; n < hop_ * 20; ++n)
        if (n % 3 != m) in.view()[m][n] = poison;
    const auto session = open(*model_, 1, 4);
    const auto got = run(*model_, *session, in.view(), 4, 0);
    for (float y : got.view()[0].span()) ASSERT_TRUE(std::isfinite(y)) << poison;
    EXPECT_EQ(session->repaired() > 0, !std::isfinite(poison));
  }
}

TEST_P(Deftan2Stream, SilenceStaysFinite) {
  const Tensor<float, 2> silence({microphones_, hop_ * 40});
  const auto got = run(*model_, *open(*model_, 1, 8), silence.view(), 8, 0);
  for (float y : got.view()[0].span()) ASSERT_LE(std::abs(y), 0.1f);
}

INSTANTIATE_TEST_SUITE_P(
    Recipes, Deftan2Stream,
    testing::Values(
        Deftan2Recipe{}, Deftan2Recipe{.microphones = 1, .filter = false},
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
