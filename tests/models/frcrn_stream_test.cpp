// SPDX-License-Identifier: MIT
// What must hold for every FRCRN whatever its weights: chunking, lanes, latency, rates, reset,
// hostile input, and the real-time promise.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "tests/support/audio_compare.h"
#include "tests/support/random_frcrn.h"
#include "tests/support/realtime_guard.h"
#include "tests/support/signals.h"

namespace limpid {
namespace {

using test::FrcrnRecipe;
using test::random_frcrn;
using test::relative_error;

std::unique_ptr<Session> open(const Model& model, SessionConfig config) {
  auto session = model.open(config);
  EXPECT_TRUE(session) << session.error().message;
  return session ? *std::move(session) : nullptr;
}

// Runs [lane][sample] audio in calls of 1..max_frames hops (seed 0: always max_frames).
Tensor<float, 2> run(Session& session, AudioView<const float> in, int max_frames, unsigned seed) {
  Tensor<float, 2> out({in.extent(0), in.extent(1)});
  std::mt19937 random(seed);
  std::uniform_int_distribution<int> chunk(1, max_frames);
  const int hop = session.format().hop;
  for (std::ptrdiff_t at = 0; at + hop <= in.extent(1);) {
    const std::ptrdiff_t frames = seed == 0 ? max_frames : chunk(random);
    const std::ptrdiff_t count = std::min(frames, (in.extent(1) - at) / hop) * hop;
    session.process(in.slice(1, at, count), out.view().slice(1, at, count));
    at += count;
  }
  return out;
}

std::string recipe_name(const testing::TestParamInfo<FrcrnRecipe>& info) {
  const FrcrnRecipe& r = info.param;
  return r.pooling + (r.lookahead ? "_lookahead" : "_causal") + "_unets" + std::to_string(r.unets) +
         "_order" + std::to_string(r.frequency_order) + "_" + std::to_string(r.time_order) +
         "_taps" + std::to_string(r.taps) + (r.voice ? "_voice" : "");
}

class FrcrnStream : public testing::TestWithParam<FrcrnRecipe> {
 protected:
  void SetUp() override {
    model_ = random_frcrn(GetParam());
    ASSERT_NE(model_, nullptr);
  }
  std::shared_ptr<const Model> model_;
};

TEST_P(FrcrnStream, AnyChunkingGivesTheSameOutput) {
  const auto in = test::noise(2, 160 * 60);
  auto by_one = open(*model_, {.sample_rate = 16000, .lanes = 2, .max_frames = 1});
  const auto want = run(*by_one, in.view(), 1, 0);
  for (unsigned seed : {0u, 1u, 2u, 3u}) {
    auto session = open(*model_, {.sample_rate = 16000, .lanes = 2, .max_frames = 23});
    const auto got = run(*session, in.view(), 23, seed);
    for (int lane = 0; lane < 2; ++lane)
      EXPECT_LE(relative_error(got.view()[lane].span(), want.view()[lane].span(), 0, 0), 1e-5)
          << "seed " << seed;
  }
}

TEST_P(FrcrnStream, LanesAreIndependent) {
  const auto in = test::noise(5, 160 * 30);
  auto together = open(*model_, {.sample_rate = 16000, .lanes = 5, .max_frames = 4});
  const auto all = run(*together, in.view(), 4, 0);
  for (int lane = 0; lane < 5; ++lane) {
    auto alone = open(*model_, {.sample_rate = 16000, .lanes = 1, .max_frames = 4});
    const auto one = run(*alone, in.view().slice(0, lane, 1), 4, 0);
    EXPECT_LE(relative_error(all.view()[lane].span(), one.view()[0].span(), 0, 0), 1e-6);
  }
}

TEST_P(FrcrnStream, RepeatsBitForBitAndResetIsAFreshStart) {
  const auto in = test::noise(1, 160 * 40);
  auto session = open(*model_, {.sample_rate = 16000, .lanes = 1, .max_frames = 3});
  const auto first = run(*session, in.view(), 3, 5);
  session->reset();
  const auto again = run(*session, in.view(), 3, 5);
  EXPECT_TRUE(std::ranges::equal(first.view()[0].span(), again.view()[0].span()));
}

TEST_P(FrcrnStream, InPlaceEqualsOutOfPlace) {
  const auto in = test::noise(2, 160 * 24);
  auto session = open(*model_, {.sample_rate = 16000, .lanes = 2, .max_frames = 8});
  const auto want = run(*session, in.view(), 8, 0);
  session->reset();
  auto both = test::noise(2, 160 * 24);
  for (std::ptrdiff_t at = 0; at < both.extent(1); at += 8 * 160) {
    const auto part = both.view().slice(1, at, 8 * 160);
    session->process(part, part);
  }
  EXPECT_TRUE(std::ranges::equal(both.view()[1].span(), want.view()[1].span()));
}

TEST_P(FrcrnStream, ProcessAllocatesAndLocksNothing) {
  const auto in = test::noise(2, 160 * 8);
  Tensor<float, 2> out({2, 160 * 8});
  auto session = open(*model_, {.sample_rate = 16000, .lanes = 2, .max_frames = 8});
  test::expect_realtime([&] {
    for (int i = 0; i < 4; ++i) session->process(in.view(), out.view());
    session->reset();
    session->process(in.view().slice(1, 0, 160), out.view().slice(1, 0, 160));
  });
}

// Whatever comes in, what goes out is finite, and a second later it is as if nothing had happened.
TEST_P(FrcrnStream, RecoversFromHostileInput) {
  const float inf = std::numeric_limits<float>::infinity();
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const auto clean = test::noise(1, 160 * 400);
  auto fresh = open(*model_, {.sample_rate = 16000, .lanes = 1, .max_frames = 4});
  const auto want = run(*fresh, clean.view(), 4, 0);
  for (float poison : {nan, inf, -inf, 1e30f, -3e38f, 1e-42f, 1.0f}) {
    auto in = test::noise(1, 160 * 400);
    for (std::ptrdiff_t n = 0; n < 160 * 20; ++n)
      if (n % 3 != 1) in.view()[0][n] = poison;
    auto session = open(*model_, {.sample_rate = 16000, .lanes = 1, .max_frames = 4});
    const auto got = run(*session, in.view(), 4, 0);
    for (float y : got.view()[0].span()) ASSERT_TRUE(std::isfinite(y)) << poison;
    EXPECT_EQ(session->repaired() > 0, !std::isfinite(poison));
    if (GetParam().pooling == "none") {  // running means remember; they only have to stay finite
      const auto late = static_cast<std::size_t>(160 * 20 + 16000);
      EXPECT_LE(relative_error(got.view()[0].span(), want.view()[0].span(), late, 0), 1e-5)
          << poison;
    }
  }
}

// Ten minutes of what microphones deliver when nobody speaks; then speech meets a network that is
// none the worse for it.
TEST(FrcrnSoak, SilenceAndOffsetLeaveNoTrace) {
  const auto model = random_frcrn({});
  const auto speech = test::noise(1, 160 * 200);
  auto fresh = open(*model, {.sample_rate = 16000, .lanes = 1, .max_frames = 50});
  const auto want = run(*fresh, speech.view(), 50, 0);
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
    const auto got = run(*session, speech.view(), 50, 0);
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
                    FrcrnRecipe{.frequency_order = 0},
                    FrcrnRecipe{.frequency_order = 3, .time_order = 0}),
    recipe_name);

}  // namespace
}  // namespace limpid
