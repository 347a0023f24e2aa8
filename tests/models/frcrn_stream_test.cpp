// SPDX-License-Identifier: MIT
// What must hold for every FRCRN whatever its weights: chunking, lanes, latency, rates, reset,
// hostile input, and the real-time promise.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tests/support/audio_compare.h"
#include "tests/support/random_frcrn.h"
#include "tests/support/signals.h"
#include "tests/support/stream_contract.h"

namespace limpid {
namespace {

using test::FrcrnRecipe;
using test::open;
using test::random_frcrn;
using test::relative_error;
using test::run;

std::string recipe_name(const testing::TestParamInfo<FrcrnRecipe>& info) {
  const FrcrnRecipe& r = info.param;
  return r.pooling + (r.lookahead ? "_lookahead" : "_causal") + "_unets" + std::to_string(r.unets) +
         "_order" + std::to_string(r.frequency_order) + "_" + std::to_string(r.time_order) +
         "_taps" + std::to_string(r.taps) + (r.voice ? "_voice" : "") +
         (r.level_horizon > 0 ? "_levels" : "");
}

class FrcrnStream : public testing::TestWithParam<FrcrnRecipe> {
 protected:
  void SetUp() override {
    model_ = random_frcrn(GetParam());
    ASSERT_NE(model_, nullptr);
    EXPECT_EQ(model_->spec().voice_activity, GetParam().voice);
  }
  std::shared_ptr<const Model> model_;
};

TEST_P(FrcrnStream, AnyChunkingGivesTheSameOutput) {
  test::expect_any_chunking_gives_the_same(*model_, {.frames = 60, .max_frames = 23});
}

TEST_P(FrcrnStream, LanesAreIndependent) {
  test::expect_independent_lanes(*model_, 5, {.frames = 30, .max_frames = 4}, 1e-6);
}

TEST_P(FrcrnStream, RepeatsBitForBitAndResetIsAFreshStart) {
  test::expect_reset_is_a_fresh_start(*model_, {.frames = 40, .max_frames = 3});
}

TEST_P(FrcrnStream, OneLaneBeginsAnewUnlessMasksAreLate) {
  if (GetParam().lookahead)
    EXPECT_FALSE(open(*model_, 2, 1)->restart(1));
  else
    test::expect_restart_of_one_lane(*model_, {.frames = 40, .max_frames = 3});
}

TEST_P(FrcrnStream, InPlaceEqualsOutOfPlace) {
  test::expect_in_place_equals_out_of_place(*model_, {.frames = 24, .max_frames = 8});
}

TEST_P(FrcrnStream, ProcessAllocatesAndLocksNothing) {
  test::expect_realtime_process(*model_, 8);
}

// Whatever comes in, what goes out is finite, and a second later it is as if nothing had happened.
TEST_P(FrcrnStream, RecoversFromHostileInput) {
  const FrcrnRecipe& r = GetParam();
  const bool remembers = r.pooling != "none" || r.level_horizon > 0;  // running means stay finite
  test::expect_recovery_from_hostile_input(*model_, 400, remembers ? 0 : 20 + 100);
}

TEST_P(FrcrnStream, SettlesWhenItSays) {
  if (GetParam().pooling != "none")
    EXPECT_EQ(model_->spec().settle_hops, 0);
  else
    test::expect_settled_streams_are_alike(*model_);
}

// Ten minutes of what microphones deliver when nobody speaks; then speech meets a network that is
// none the worse for it.
TEST(FrcrnSoak, SilenceAndOffsetLeaveNoTrace) {
  const auto model = random_frcrn({});
  const auto speech = test::noise(1, 160 * 200);
  auto fresh = open(*model, {.sample_rate = 16000, .lanes = 1, .max_frames = 50});
  const auto want = run(*model, *fresh, speech.view(), 50, 0);
  for (float value : {0.0f, 1e-40f, 0.7f, -1.0f}) {
    auto session = open(*model, {.sample_rate = 16000, .lanes = 1, .max_frames = 50});
    Tensor<float, 2> idle({1, 160 * 50});
    std::ranges::fill(idle.view()[0].span(), value);
    Tensor<float, 2> out({1, 160 * 50});
    for (int seconds = 0; seconds < 150; seconds += 1) {
      session->process(idle.view(), out.view());
      session->process(idle.view(), out.view());
      for (float y : out.view()[0].span()) ASSERT_TRUE(std::isfinite(y));
    }
    const auto got = run(*model, *session, speech.view(), 50, 0);
    EXPECT_LE(relative_error(got.view()[0].span(), want.view()[0].span(), 16000, 0), 1e-5) << value;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Recipes, FrcrnStream,
    testing::Values(FrcrnRecipe{}, FrcrnRecipe{.pooling = "running"},
                    FrcrnRecipe{.unets = 2, .lookahead = true, .compression = 1.0f},
                    FrcrnRecipe{.unets = 2, .pooling = "running", .lookahead = true},
                    FrcrnRecipe{.taps = 3, .voice = true}, FrcrnRecipe{.taps = 8},
                    FrcrnRecipe{.unets = 2, .lookahead = true, .voice = true},
                    FrcrnRecipe{.taps = 2, .level_horizon = 30}, FrcrnRecipe{.frequency_order = 0},
                    FrcrnRecipe{.frequency_order = 3, .time_order = 0}),
    recipe_name);

}  // namespace
}  // namespace limpid
