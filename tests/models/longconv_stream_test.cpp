// SPDX-License-Identifier: MIT
// What must hold for every LongConv whatever its weights: chunking, lanes, latency, rates, reset,
// hostile input, complete forgetting, and the real-time promise.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <random>

#include "tests/support/audio_compare.h"
#include "tests/support/random_longconv.h"
#include "tests/support/realtime_guard.h"
#include "tests/support/signals.h"

namespace limpid {
namespace {

using test::LongConvRecipe;
using test::random_longconv;
using test::relative_error;

std::unique_ptr<Session> open(const Model& model, SessionConfig config) {
  auto session = model.open(config);
  EXPECT_TRUE(session) << session.error().message;
  return session ? *std::move(session) : nullptr;
}

// Runs [lane][sample] audio in calls of 1..max_frames hops (seed 0: always max_frames); `voice`
// collects what the session says about speech, lane 0.
Tensor<float, 2> run(Session& session, AudioView<const float> in, int max_frames, unsigned seed,
                     std::vector<float>* voice = nullptr) {
  Tensor<float, 2> out({in.extent(0), in.extent(1)});
  std::mt19937 random(seed);
  std::uniform_int_distribution<int> chunk(1, max_frames);
  const int hop = session.format().hop;
  for (std::ptrdiff_t at = 0; at + hop <= in.extent(1);) {
    const std::ptrdiff_t frames = seed == 0 ? max_frames : chunk(random);
    const std::ptrdiff_t count = std::min(frames, (in.extent(1) - at) / hop) * hop;
    session.process(in.slice(1, at, count), out.view().slice(1, at, count));
    const auto heard = session.voice_activity().first(
        session.voice_activity().empty() ? 0 : static_cast<std::size_t>(count / hop));
    if (voice != nullptr) voice->insert(voice->end(), heard.begin(), heard.end());
    at += count;
  }
  return out;
}

class LongConvStream : public testing::TestWithParam<LongConvRecipe> {
 protected:
  void SetUp() override {
    model_ = random_longconv(GetParam());
    ASSERT_NE(model_, nullptr);
  }
  std::shared_ptr<const Model> model_;
};

// Calls shorter and longer than a tile, than a block of the long convolution, than its filters.
TEST_P(LongConvStream, AnyChunkingGivesTheSameOutput) {
  const auto in = test::noise(2, 160 * 200);
  auto by_one = open(*model_, {.sample_rate = 16000, .lanes = 2, .max_frames = 1});
  std::vector<float> voice;
  const auto want = run(*by_one, in.view(), 1, 0, &voice);
  EXPECT_EQ(voice.size(), GetParam().voice ? 200u : 0u);
  for (unsigned seed : {0u, 1u, 2u, 3u}) {
    auto session = open(*model_, {.sample_rate = 16000, .lanes = 2, .max_frames = 123});
    std::vector<float> heard;
    const auto got = run(*session, in.view(), 123, seed, &heard);
    for (int lane = 0; lane < 2; ++lane)
      EXPECT_LE(relative_error(got.view()[lane].span(), want.view()[lane].span(), 0, 0), 1e-5)
          << "seed " << seed;
    ASSERT_EQ(heard.size(), voice.size());
    for (std::size_t i = 0; i < heard.size(); ++i) EXPECT_NEAR(heard[i], voice[i], 1e-5);
  }
}

TEST_P(LongConvStream, LanesAreIndependent) {
  const auto in = test::noise(19, 160 * 40);  // more lanes than columns in a tile
  auto together = open(*model_, {.sample_rate = 16000, .lanes = 19, .max_frames = 4});
  const auto all = run(*together, in.view(), 4, 0);
  for (int lane : {0, 7, 18}) {
    auto alone = open(*model_, {.sample_rate = 16000, .lanes = 1, .max_frames = 4});
    const auto one = run(*alone, in.view().slice(0, lane, 1), 4, 0);
    EXPECT_LE(relative_error(all.view()[lane].span(), one.view()[0].span(), 0, 0), 1e-5);
  }
}

TEST_P(LongConvStream, RepeatsBitForBitAndResetIsAFreshStart) {
  const auto in = test::noise(1, 160 * 90);
  auto session = open(*model_, {.sample_rate = 16000, .lanes = 1, .max_frames = 3});
  const auto first = run(*session, in.view(), 3, 5);
  session->reset();
  const auto again = run(*session, in.view(), 3, 5);
  EXPECT_TRUE(std::ranges::equal(first.view()[0].span(), again.view()[0].span()));
}

TEST_P(LongConvStream, InPlaceEqualsOutOfPlace) {
  const auto in = test::noise(2, 160 * 80);
  auto session = open(*model_, {.sample_rate = 16000, .lanes = 2, .max_frames = 40});
  const auto want = run(*session, in.view(), 40, 0);
  session->reset();
  auto both = test::noise(2, 160 * 80);
  for (std::ptrdiff_t at = 0; at < both.extent(1); at += 40 * 160) {
    const auto part = both.view().slice(1, at, 40 * 160);
    session->process(part, part);
  }
  EXPECT_TRUE(std::ranges::equal(both.view()[1].span(), want.view()[1].span()));
}

TEST_P(LongConvStream, ProcessAllocatesAndLocksNothing) {
  const auto in = test::noise(2, 160 * 40);
  Tensor<float, 2> out({2, 160 * 40});
  auto session = open(*model_, {.sample_rate = 16000, .lanes = 2, .max_frames = 40});
  test::expect_realtime([&] {
    for (int i = 0; i < 4; ++i) session->process(in.view(), out.view());
    session->reset();
    session->process(in.view().slice(1, 0, 160), out.view().slice(1, 0, 160));
  });
}

// Whatever comes in, what goes out is finite, and what is older than all filters leaves no trace.
TEST_P(LongConvStream, RecoversFromHostileInput) {
  const float inf = std::numeric_limits<float>::infinity();
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const int frames = 20 + GetParam().reach() + 60;
  const auto clean = test::noise(1, 160 * frames);
  auto fresh = open(*model_, {.sample_rate = 16000, .lanes = 1, .max_frames = 4});
  const auto want = run(*fresh, clean.view(), 4, 0);
  for (float poison : {nan, inf, -inf, 1e30f, -3e38f, 1e-42f, 0.0f, 1.0f}) {
    auto in = test::noise(1, 160 * frames);
    for (std::ptrdiff_t n = 0; n < 160 * 20; ++n)
      if (n % 3 != 1 || poison == 0.0f) in.view()[0][n] = poison;
    auto session = open(*model_, {.sample_rate = 16000, .lanes = 1, .max_frames = 4});
    const auto got = run(*session, in.view(), 4, 0);
    for (float y : got.view()[0].span()) ASSERT_TRUE(std::isfinite(y)) << poison;
    EXPECT_EQ(session->repaired() > 0, !std::isfinite(poison));
    const auto late = static_cast<std::size_t>(160 * (20 + GetParam().reach() + 2));
    EXPECT_LE(relative_error(got.view()[0].span(), want.view()[0].span(), late, 0), 1e-5) << poison;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Recipes, LongConvStream,
    testing::Values(LongConvRecipe{}, LongConvRecipe{.taps = 3, .voice = true},
                    LongConvRecipe{.short_taps = 1, .long_taps = 1, .taps = 1},
                    LongConvRecipe{.channels = 16, .memory = 16, .short_taps = 4, .long_taps = 33},
                    LongConvRecipe{.bands = {161}, .blocks = 1, .long_taps = 20},
                    LongConvRecipe{.bands = std::vector<int>(161, 1), .channels = 3, .blocks = 1}),
    [](const auto& recipe) {
      const LongConvRecipe& r = recipe.param;
      return std::to_string(r.bands.size()) + "bands_" + std::to_string(r.long_taps) + "taps_" +
             std::to_string(r.taps) + (r.voice ? "_voice" : "");
    });

// Five minutes in one call: memory is that of a short call, and of what it says about voice.
TEST(LongConvWhole, AnyLengthInOneCall) {
  const auto model = random_longconv({.voice = true});
  constexpr int kFrames = 30'000;
  auto brief = open(*model, {.sample_rate = 16000, .lanes = 1, .max_frames = 64});
  auto whole = open(*model, {.sample_rate = 16000, .lanes = 1, .max_frames = kFrames});
  EXPECT_EQ(whole->memory(), brief->memory() + (kFrames - 64) * sizeof(float));
  const auto in = test::noise(1, 160 * kFrames);
  const auto got = run(*whole, in.view(), kFrames, 0);
  const auto want = run(*brief, in.view(), 64, 0);
  EXPECT_LE(relative_error(got.view()[0].span(), want.view()[0].span(), 0, 0), 1e-5);
  EXPECT_EQ(whole->voice_activity().size(), static_cast<std::size_t>(kFrames));
}

TEST(LongConvRates, LatencyIsOneHopAndHighsSurvive) {
  const auto model = random_longconv({});
  for (int rate : {8000, 11025, 16000, 22050, 44100, 48000, 96000}) {
    auto session = open(*model, {.sample_rate = rate, .lanes = 1, .max_frames = 2});
    EXPECT_NEAR(session->format().hop, rate * 0.01, 0.5);
    EXPECT_EQ(session->format().latency, session->format().hop);
    const auto in = test::noise(1, 40 * session->format().hop);
    const auto out = run(*session, in.view(), 2, 0);
    double power = 0;
    for (float y : out.view()[0].span()) power += static_cast<double>(y) * y;
    EXPECT_TRUE(std::isfinite(power) && power > 0) << rate;
  }
  for (int rate : {0, 7999, 96001})
    EXPECT_EQ(model->open({.sample_rate = rate}).error().code, ErrorCode::unsupported);
}

// The network hears the same bins at every rate, so a sine meets the same mask.
TEST(LongConvRates, ASineIsTreatedAlikeAtEveryRate) {
  const auto model = random_longconv({.seed = 5});
  std::vector<double> level;
  for (int rate : {16000, 48000}) {
    auto session = open(*model, {.sample_rate = rate, .lanes = 1, .max_frames = 100});
    Tensor<float, 2> y({1, rate});
    for (int n = 0; n < rate; ++n)
      y.view()[0][n] = static_cast<float>(0.2 * std::sin(2 * std::numbers::pi * 1000.0 * n / rate));
    session->process(y.view(), y.view());
    double power = 0;
    for (int n = rate / 2; n < rate; ++n) power += std::pow(y.view()[0][n], 2);
    level.push_back(std::sqrt(power / (rate / 2)));
  }
  EXPECT_NEAR(level[1] / level[0], 1.0, 2e-3);
}

}  // namespace
}  // namespace limpid
