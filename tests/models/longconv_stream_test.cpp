// SPDX-License-Identifier: MIT
// What must hold for every LongConv whatever its weights: chunking, lanes, latency, rates, reset,
// hostile input, forgetting, and the real-time promise.
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "tests/support/audio_compare.h"
#include "tests/support/random_longconv.h"
#include "tests/support/signals.h"
#include "tests/support/stream_contract.h"

namespace limpid {
namespace {

using test::LongConvRecipe;
using test::open;
using test::random_longconv;
using test::relative_error;
using test::run;

class LongConvStream : public testing::TestWithParam<LongConvRecipe> {
 protected:
  void SetUp() override {
    model_ = random_longconv(GetParam());
    ASSERT_NE(model_, nullptr);
    EXPECT_EQ(model_->spec().voice_activity, GetParam().voice);
  }
  std::shared_ptr<const Model> model_;
};

// Calls shorter and longer than a tile, than a block of the long convolution, than its filters.
TEST_P(LongConvStream, AnyChunkingGivesTheSameOutput) {
  test::expect_any_chunking_gives_the_same(*model_, {.frames = 200, .max_frames = 123});
}

// More lanes than columns in a tile.
TEST_P(LongConvStream, LanesAreIndependent) {
  test::expect_independent_lanes(*model_, 19, {.frames = 40, .max_frames = 4}, 1e-5);
}

TEST_P(LongConvStream, RepeatsBitForBitAndResetIsAFreshStart) {
  test::expect_reset_is_a_fresh_start(*model_, {.frames = 90, .max_frames = 3});
}

// Within a block of the long convolution, and heard for longer than its filters are.
TEST_P(LongConvStream, OneLaneBeginsAnew) {
  test::expect_restart_of_one_lane(*model_, {.frames = 90, .max_frames = 7});
}

TEST_P(LongConvStream, InPlaceEqualsOutOfPlace) {
  test::expect_in_place_equals_out_of_place(*model_, {.frames = 80, .max_frames = 40});
}

TEST_P(LongConvStream, ProcessAllocatesAndLocksNothing) {
  test::expect_realtime_process(*model_, 40);
}

// Whatever comes in, what goes out is finite, and what is older than all filters leaves no trace.
TEST_P(LongConvStream, RecoversFromHostileInput) {
  const int reach = GetParam().reach();
  test::expect_recovery_from_hostile_input(*model_, 20 + reach + 60, 20 + reach + 2);
}

TEST_P(LongConvStream, SettlesWhenItSays) {
  test::expect_settled_streams_are_alike(*model_);
}

INSTANTIATE_TEST_SUITE_P(
    Recipes, LongConvStream,
    testing::Values(LongConvRecipe{}, LongConvRecipe{.taps = 3, .voice = true},
                    LongConvRecipe{.short_taps = 1, .long_taps = 1, .taps = 1},
                    LongConvRecipe{.channels = 16, .memory = 16, .short_taps = 4, .long_taps = 33},
                    LongConvRecipe{.taps = 2, .voice = true, .microphones = 3},
                    LongConvRecipe{.taps = 2, .microphones = 3, .steady_frames = 4},
                    LongConvRecipe{.bands = {321}, .voice = true, .analysis_window = 0.04},
                    LongConvRecipe{.bands = {161}, .blocks = 1, .long_taps = 20},
                    LongConvRecipe{.bands = std::vector<int>(161, 1), .channels = 3, .blocks = 1}),
    [](const auto& recipe) {
      const LongConvRecipe& r = recipe.param;
      return std::to_string(r.bands.size()) + "bands_" + std::to_string(r.long_taps) + "taps_" +
             std::to_string(r.taps) + (r.voice ? "_voice" : "") +
             (r.analysis_window > 0.02 ? "_fine" : "") + (r.microphones > 1 ? "_array" : "") +
             (r.steady_frames > 0 ? "_steady" : "");
    });

// Five minutes in one call: memory is that of a short call, and of what it says about voice.
TEST(LongConvWhole, AnyLengthInOneCall) {
  const auto model = random_longconv({.voice = true});
  constexpr int kFrames = 30'000;
  auto brief = open(*model, {.sample_rate = 16000, .lanes = 1, .max_frames = 64});
  auto whole = open(*model, {.sample_rate = 16000, .lanes = 1, .max_frames = kFrames});
  EXPECT_EQ(whole->memory(), brief->memory() + (kFrames - 64) * sizeof(float));
  const auto in = test::noise(1, 160 * kFrames);
  const auto got = run(*model, *whole, in.view(), kFrames, 0);
  const auto want = run(*model, *brief, in.view(), 64, 0);
  EXPECT_LE(relative_error(got.view()[0].span(), want.view()[0].span(), 0, 0), 1e-5);
  EXPECT_EQ(whole->voice_activity().size(), static_cast<std::size_t>(kFrames));
}

TEST(LongConvRates, LatencyIsOneHop) {
  const auto model = random_longconv({}),
             fine = random_longconv({.bands = {321}, .analysis_window = 0.04});
  for (int rate : {8000, 11025, 16000, 22050, 44100, 48000, 96000, 192000})
    for (const auto& each : {model, fine}) {
      auto session = open(*each, {.sample_rate = rate, .lanes = 1, .max_frames = 2});
      EXPECT_NEAR(session->format().hop, rate * 0.01, 0.5);
      EXPECT_EQ(session->format().latency, session->format().hop);
    }
  for (int rate : {0, 7999, 192001})
    EXPECT_EQ(model->open({.sample_rate = rate}).error().code, ErrorCode::unsupported);
}

// What is above the network's band goes on, at the gain of the top of that band.
TEST(LongConvRates, HighsSurvive) {
  const auto kept = [](const Model& model, int rate, double frequency) {
    auto session = open(model, {.sample_rate = rate, .lanes = 1, .max_frames = 2});
    Tensor<float, 2> in({model.spec().input_channels, 60 * session->format().hop});
    for (std::ptrdiff_t m = 0; m < in.extent(0); ++m)
      for (std::ptrdiff_t i = 0; i < in.extent(1); ++i)
        in.view()[m][i] = static_cast<float>(
            0.1 * std::sin(2 * std::numbers::pi * frequency * static_cast<double>(i) / rate));
    const auto out = run(model, *session, in.view(), 2, 0);
    double power = 0;
    for (float y : out.view()[0].span().last(30 * 10)) power += double{y} * double{y} / (30 * 10);
    return std::sqrt(power) / (0.1 / std::numbers::sqrt2);
  };
  for (const LongConvRecipe& recipe :
       {LongConvRecipe{}, LongConvRecipe{.microphones = 3, .steady_frames = 2}}) {
    const auto model = random_longconv(recipe);
    for (int rate : {22050, 44100, 48000, 96000, 192000})
      EXPECT_GT(kept(*model, rate, 10'000), 0.1 * kept(*model, rate, 7'000)) << rate;
  }
}

TEST(LongConvRates, AToneIsTreatedAlikeAtEveryRate) {
  test::expect_a_tone_alike_at_every_rate(*random_longconv({.seed = 5}), 2e-3);
  test::expect_a_tone_alike_at_every_rate(
      *random_longconv({.microphones = 3, .steady_frames = 2, .seed = 5}), 2e-3);
}

}  // namespace
}  // namespace limpid
