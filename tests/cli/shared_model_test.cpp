// SPDX-License-Identifier: MIT
// Files that share the sessions of a GPU come out as if each had been alone.
#include "examples/limpid/shared_model.h"

#include <atomic>
#include <fstream>
#include <numeric>
#include <thread>

#include "examples/limpid/batch.h"
#include "examples/limpid/plan.h"
#include "tests/cli/workbench.h"
#include "tests/cuda/emulated_deftan2.h"
#include "tests/cuda/emulated_frcrn.h"
#include "tests/cuda/emulated_longconv.h"
#include "tests/support/fake_model.h"
#include "tests/support/signals.h"

namespace limpid::cli {
namespace {

// Counts what is asked of another model's sessions.
class Watched final : public Model {
 public:
  explicit Watched(std::shared_ptr<const Model> model) : model_(std::move(model)) {}
  const ModelSpec& spec() const noexcept override { return model_->spec(); }
  Result<StreamFormat> format(int rate) const override { return model_->format(rate); }
  Result<std::unique_ptr<Session>> open(const SessionConfig& config) const override {
    if (config.lanes > free) return Error{ErrorCode::out_of_memory, "no room for more lanes"};
    auto session = model_->open(config);
    if (!session) return session;
    lanes.push_back(config.lanes);
    return std::unique_ptr<Session>(
        std::make_unique<Counted>(*std::move(session), calls, free, config.lanes));
  }
  mutable std::vector<int> lanes;           // of each session, in the order of opening
  mutable std::atomic<int> free = 1 << 16;  // lanes that there is memory for
  mutable std::atomic<int> calls = 0;

 private:
  struct Counted final : Session {
    Counted(std::unique_ptr<Session> session_, std::atomic<int>& calls_, std::atomic<int>& free_,
            int lanes_)
        : session(std::move(session_)), calls(calls_), free(free_), lanes(lanes_) {
      free -= lanes;
    }
    ~Counted() override { free += lanes; }
    void process(AudioView<const float> in, AudioView<float> out) LIMPID_REALTIME override {
      ++calls;
      EXPECT_FALSE(inside.exchange(true)) << "one thread at a time";
      session->process(in, out);
      inside = false;
    }
    std::span<const float> voice_activity() const noexcept override {
      return session->voice_activity();
    }
    void reset() LIMPID_REALTIME override { session->reset(); }
    bool restart(int lane) LIMPID_REALTIME override {
      EXPECT_FALSE(inside);
      return session->restart(lane);
    }
    const Error* failure() const noexcept override { return session->failure(); }
    const StreamFormat& format() const noexcept override { return session->format(); }
    std::size_t memory() const noexcept override { return session->memory(); }
    std::uint64_t repaired() const noexcept override { return session->repaired(); }
    std::unique_ptr<Session> session;
    std::atomic<int>& calls;
    std::atomic<int>& free;
    int lanes;
    std::atomic<bool> inside = false;
  };
  std::shared_ptr<const Model> model_;
};

class SharedModelTest : public test::Workbench {
 protected:
  struct Kind {
    int rate;
    double seconds;
    int channels = 1;
  };
  void make(const std::vector<Kind>& kinds) {
    for (std::size_t i = 0; i < kinds.size(); ++i) {
      const auto [rate, seconds, channels] = kinds[i];
      FileJob job;
      job.input =
          record("in" + std::to_string(i) + ".wav", rate, std::lround(seconds * rate), channels);
      job.output = (*this)("out" + std::to_string(i) + ".wav");
      job.seconds = seconds;
      job.sample_rate = rate;
      plan_.jobs.push_back(job);
    }
    order_for_gpu(plan_);
  }
  // `files` at the same time.
  std::vector<FileResult> run(std::shared_ptr<const Model> model, int files, int gpu = -1) {
    settings_.frames_per_call = 16;
    settings_.model = std::make_shared<SharedModel>(
        std::move(model), Sharing{.gpu = gpu, .files = files, .frames = 16});
    settings_.shared = true;
    return run_batch(plan_.jobs, task_, files,
                     {.advance = [](double) {},
                      .finished = [](const FileResult&) {},
                      .stop = [] { return false; }},
                     plan_.order);
  }
  void expect_as_if_alone(std::shared_ptr<const Model> model, double tolerance) {
    for (const FileJob& job : plan_.jobs) {
      FileJob alone = job;
      alone.output = (*this)("alone.wav");
      auto settings = settings_;
      settings.model = model;
      settings.shared = false;
      ASSERT_EQ(enhance_file(alone, settings, [](double) { return true; }).outcome, Outcome::done);
      const auto got = io::read_audio(job.output), want = io::read_audio(alone.output);
      ASSERT_TRUE(got) << job.output;
      ASSERT_EQ(got->samples.view().shape(), want->samples.view().shape()) << job.output;
      for (std::ptrdiff_t c = 0; c < got->samples.extent(0); ++c)
        for (std::ptrdiff_t i = 0; i < got->samples.extent(1); ++i)
          ASSERT_NEAR(got->samples.view()[c][i], want->samples.view()[c][i], tolerance)
              << job.output << " " << i;
    }
  }

  Plan plan_;
  EnhanceSettings settings_;
  FileTask task_ = [this](const FileJob& job, const Advance& advance) {
    return enhance_file(job, settings_, advance);
  };
};

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
    EXPECT_EQ(result.notices.size(), result.job.sample_rate == 192000 ? 1u : 0u);
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

// Silence in place of speech would be worse than no file.
TEST_F(SharedModelTest, AFailingGpuFailsFiles) {
  make(std::vector<Kind>(6, {16000, 0.5}));
  const auto results = run(test::fake_model({.fail_hop = 100}), 2);
  int failed = 0;
  for (const FileResult& result : results) {
    EXPECT_EQ(std::filesystem::exists(result.job.output), result.outcome == Outcome::done);
    failed += result.error.find("the fake GPU is on fire") != std::string::npos;
  }
  EXPECT_GT(failed, 0);
  EXPECT_LT(failed, 6);
}

// One frame of a loan, alone in its group.
const Error* failure_of_a_call(Session& loan) {
  Tensor<float, 2> audio({1, loan.format().hop});
  loan.process(audio.view(), audio.view());
  return loan.failure();
}

// However short memory is: the next loan takes what the failed session had.
TEST_F(SharedModelTest, AFailedSessionIsNotLentAgain) {
  const auto watched = std::make_shared<Watched>(test::fake_model({.fail_hop = 1}));
  watched->free = 1;
  const SharedModel shared(watched, {.files = 2});
  for (int session = 1; session <= 3; ++session) {
    for (const bool fails : {false, true}) {
      auto loan = shared.open({});
      ASSERT_TRUE(loan) << loan.error().message;
      EXPECT_EQ(failure_of_a_call(**loan) != nullptr, fails);
    }
    EXPECT_EQ(std::ssize(watched->lanes), session);
  }
  watched->free = 0;  // the failed session's lane comes back, and two are wanted
  const auto refused = shared.open({.lanes = 2});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "no room for more lanes");
}

// Its lanes that are free meanwhile are nobody's, and who comes waits for its memory.
TEST_F(SharedModelTest, AFailedSessionKeepsItsMemoryForThoseInIt) {
  const auto watched = std::make_shared<Watched>(test::fake_model({.fail_hop = 0}));
  watched->free = 2;
  const SharedModel shared(watched, {.files = 4});
  auto first = shared.open({}), second = shared.open({});
  ASSERT_TRUE(first && second);
  {
    std::jthread beside([&] { failure_of_a_call(**second); });
    EXPECT_NE(failure_of_a_call(**first), nullptr);
  }
  first->reset();  // its lane is free
  std::atomic<bool> opened = false;
  std::jthread next([&] {
    auto loan = shared.open({});
    opened = true;
    EXPECT_TRUE(loan) << loan.error().message;
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_FALSE(opened);
  second->reset();
  next.join();
  EXPECT_EQ(watched->lanes, (std::vector{2, 2}));
}

TEST_F(SharedModelTest, SessionsThatCannotRestartAreNotShared) {
  make({{16000, 0.1}});
  const auto result = run(test::fake_model({.restarts = false}), 2).at(0);
  EXPECT_NE(result.error.find("cannot share a session"), std::string::npos) << result.error;
}

}  // namespace
}  // namespace limpid::cli
