// SPDX-License-Identifier: MIT
// Files that share the sessions of a GPU come out as if each had been alone.
#include "examples/limpid/shared_model.h"

#include <fstream>
#include <numeric>
#include <thread>

#include "tests/cli/shared_model_fixture.h"
#include "tests/cuda/emulated_deftan2.h"
#include "tests/cuda/emulated_frcrn.h"
#include "tests/cuda/emulated_longconv.h"
#include "tests/support/fake_model.h"
#include "tests/support/signals.h"

namespace limpid::cli {
namespace {

TEST_F(SharedModelTest, FilesOfAllKindsComeOutAsIfAlone) {
  make({{16000, 1.0},
        {48000, 0.31, 2},
        {16000, 0.001},
        {16000, 3.3},
        {8000, 0.5},
        {192000, 0.25},
        {16000, 0, 1},
        {16000, 0.77, 5},
        {48000, 0.16},
        {16000, 0.9}});
  settings_.attenuation_limit_db = 12;
  const auto model = test::fake_model({.latency = 333, .gain = 0.5f});
  const auto watched = std::make_shared<Watched>(model);
  for (const FileResult& result : run(watched, 4)) {
    EXPECT_EQ(result.outcome, Outcome::done) << result.error;
    EXPECT_EQ(result.notices.size(), result.job.input_format.sample_rate == 192000 ? 1u : 0u);
  }
  expect_as_if_alone(model, 0);
}

// The recordings are pure tones: the levels that LongConv hears are what rounding leaves beside
// them, which is another on a GPU.
TEST_F(SharedModelTest, RealNetworksOnAnEmulatedGpu) {
  make({{16000, 0.3}, {16000, 0.55, 2}, {8000, 0.2}, {16000, 0.12}, {16000, 0.21}});
  settings_.voice = true;
  const auto check = [&](const std::shared_ptr<const Model>& model, double tolerance) {
    for (const FileResult& result : run(model, 3, 0)) {
      EXPECT_EQ(result.outcome, Outcome::done) << result.error;
      EXPECT_EQ(result.voice.probability.at(0).size(),
                static_cast<std::size_t>(std::lround(100 * result.job.seconds)));
    }
    expect_as_if_alone(model, tolerance);
  };
  check(std::make_shared<test::EmulatedFrcrn>(
            test::FrcrnRecipe{.channels = {2, 3, 2, 2, 2, 2}, .taps = 2, .voice = true}),
        1e-5);
  check(std::make_shared<test::EmulatedLongConv>(test::LongConvRecipe{.voice = true}), 1e-3);
}

TEST_F(SharedModelTest, MicrophoneArraysOnAnEmulatedGpu) {
  make({{16000, 0.3, 2}, {16000, 0.2, 2}, {16000, 0.45, 2}, {16000, 0.12, 2}});
  test::Deftan2Recipe recipe{.layers = 1};
  recipe.hop = 0.002;
  const auto model = std::make_shared<test::EmulatedDeftan2>(recipe);
  for (const FileResult& result : run(model, 3, 0))
    EXPECT_EQ(result.outcome, Outcome::done) << result.error;
  expect_as_if_alone(model, 3e-5);  // its output is louder than its input
}

TEST_F(SharedModelTest, VoiceActivityIsAlignedWithEveryFile) {
  make({{16000, 0.5}, {16000, 1.25}, {16000, 0.2}, {16000, 0.61}});
  settings_.voice = true;
  for (const FileResult& result : run(test::fake_model({.latency = 320, .voice = true}), 2)) {
    const auto& heard = result.voice.probability.at(0);
    ASSERT_EQ(heard.size(), static_cast<std::size_t>(std::lround(100 * result.job.seconds)));
    for (std::size_t f = 1; f < heard.size(); ++f)
      ASSERT_NEAR(heard[f] - heard[f - 1], 0.001f, 1e-6) << f;
    EXPECT_NEAR(std::fmod(heard[0], 0.5f), 0.002f, 1e-6) << "two hops of latency";
  }
}

TEST_F(SharedModelTest, FilesThatFailOrStopHoldNobodyUp) {
  make(std::vector<Kind>(9, {16000, 2.0}));
  std::ofstream(plan_.jobs[2].input) << "not audio any more";
  task_ = [this, enhance = task_](const FileJob& job, const Advance& advance) {
    double seconds = 0;
    if (job.input != plan_.jobs[4].input) return enhance(job, advance);
    return enhance_file(job, settings_, [&](double more) { return (seconds += more) < 1.5; });
  };
  const auto model = test::fake_model({.latency = 50});
  const auto results = run(model, 3);
  for (std::size_t i = 0; i < results.size(); ++i) {
    const Outcome want = i == 2 ? Outcome::failed : i == 4 ? Outcome::cancelled : Outcome::done;
    EXPECT_EQ(results[i].outcome, want) << i << results[i].error;
    EXPECT_EQ(results[i].job.input, plan_.jobs[i].input);
    EXPECT_EQ(std::filesystem::exists(plan_.jobs[i].output), want == Outcome::done);
  }
  std::erase_if(plan_.jobs,
                [](const FileJob& job) { return !std::filesystem::exists(job.output); });
  expect_as_if_alone(model, 0);
}

TEST_F(SharedModelTest, ShortFilesPassBesideALongOne) {
  std::vector<Kind> kinds(20, {16000, 0.6});
  kinds[13] = {16000, 5.2};
  make(kinds);
  ASSERT_EQ(plan_.order.front(), 13u);
  const auto model = test::fake_model({.latency = 40});
  const auto watched = std::make_shared<Watched>(model);
  for (const FileResult& result : run(watched, 4))
    EXPECT_EQ(result.outcome, Outcome::done) << result.error;
  EXPECT_EQ(watched->lanes, (std::vector{2, 2}));
  expect_as_if_alone(model, 0);
}

// Two files that are cut, one that is not, and fewer lanes than there are pieces.
TEST_F(SharedModelTest, PiecesOfLongFilesAreStreamsLikeOthers) {
  make({{16000, 9.1}, {16000, 0.3}, {16000, 6.37, 2}, {16000, 1.1}});
  settings_.threads = 4;
  settings_.attenuation_limit_db = 12;
  const auto model = test::fake_model({.latency = 333, .gain = 0.5f, .settle_hops = 60});
  const auto watched = std::make_shared<Watched>(model);
  watched->free = 5;
  for (const FileResult& result : run(watched, 6))
    EXPECT_EQ(result.outcome, Outcome::done) << result.error;
  // Which piece asks first, one of the mono or of the stereo file, decides how they are shared out.
  const int lanes = std::accumulate(watched->lanes.begin(), watched->lanes.end(), 0);
  EXPECT_TRUE(lanes == 4 || lanes == 5) << lanes;
  settings_.threads = 1;
  expect_as_if_alone(model, 0);
}

TEST_F(SharedModelTest, PiecesThroughARealNetworkOnAnEmulatedGpu) {
  make({{16000, 8.1}, {16000, 0.2}});
  for (const FileJob& job : plan_.jobs) {  // unlike tones, noise does not magnify rounding
    const auto noise = test::noise(1, std::lround(job.seconds * 16000));
    ASSERT_TRUE(io::write_audio(job.input, noise.view(), io::float_wav(16000, 1)).ok());
  }
  settings_.threads = 3;
  settings_.voice = true;
  const auto model = std::make_shared<test::EmulatedLongConv>(
      test::LongConvRecipe{.channels = 3, .long_taps = 9, .level_horizon = 1, .voice = true});
  for (const FileResult& result : run(model, 4, 0)) {
    EXPECT_EQ(result.outcome, Outcome::done) << result.error;
    EXPECT_EQ(result.voice.probability.at(0).size(),
              static_cast<std::size_t>(std::lround(100 * result.job.seconds)));
  }
  settings_.threads = 1;
  expect_as_if_alone(model, 1e-4);  // of the CPU
}

// The session's calls are as long as everybody's audio, and nobody waits for those who have left.
TEST_F(SharedModelTest, ACallIsMadeForEverybody) {
  const auto watched = std::make_shared<Watched>(test::fake_model({.latency = 7}));
  const auto group = std::make_shared<LaneGroup>(*watched->open({.lanes = 6, .max_frames = 4}),
                                                 watched->spec(), 6, 4, [] {});
  std::vector<std::unique_ptr<Session>> loans;
  for (int i = 0; i < 3; ++i) loans.push_back(group->lend(2, 9));
  EXPECT_EQ(group->free(), 0);
  const std::vector<std::vector<int>> frames{{4, 4, 4, 4, 4}, {4, 4}, {9, 3}};
  std::vector<std::jthread> threads;
  for (std::size_t i = 0; i < 3; ++i)
    threads.emplace_back([&, i] {
      for (const int count : frames[i]) {
        Tensor<float, 2> audio({2, count * 160});
        for (float& sample : audio.view()[1].span()) sample = 1;
        loans[i]->process(audio.view(), audio.view());
        EXPECT_EQ(audio.view()[1][count * 160 - 1], 1.0f);
        EXPECT_EQ(audio.view()[0][count * 160 - 1], 0.0f);
      }
      loans[i].reset();
    });
  threads.clear();
  EXPECT_EQ(group->free(), 6);
  EXPECT_EQ(watched->calls, 6) << "of 4, 4, 1, 3, 4 and 4 frames: cut where somebody's call ends";
}

TEST_F(SharedModelTest, ShortMemoryMeansFewerLanes) {
  make(std::vector<Kind>(12, {16000, 0.3}));
  const auto watched = std::make_shared<Watched>(test::fake_model({.most_lanes = 3}));
  for (const FileResult& result : run(watched, 12))
    EXPECT_EQ(result.outcome, Outcome::done) << result.error;
  EXPECT_EQ(watched->lanes, (std::vector{3, 3}));
  make({{16000, 0.3, 4}});
  plan_.jobs.back().output = (*this)("wide.wav");
  const FileResult wide = run(watched, 12).back();
  EXPECT_EQ(wide.outcome, Outcome::failed) << "four lanes are more than there can be";
  EXPECT_NE(wide.error.find("not so many lanes"), std::string::npos) << wide.error;
}

// Sessions of a rate that no file has any more go, and files wait until they can.
TEST_F(SharedModelTest, RatesMakeRoomForEachOther) {
  std::vector<Kind> kinds;
  for (const int rate : {16000, 8000, 48000, 8000, 24000, 48000, 8000, 16000, 24000})
    kinds.push_back({rate, 0.4});
  make(kinds);
  const auto model = test::fake_model({.latency = 9});
  const auto watched = std::make_shared<Watched>(model);
  watched->free = 2;
  for (const FileResult& result : run(watched, 4))
    EXPECT_EQ(result.outcome, Outcome::done) << result.error;
  expect_as_if_alone(model, 0);
}

}  // namespace
}  // namespace limpid::cli
