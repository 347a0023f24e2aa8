// SPDX-License-Identifier: MIT
// LiveEngine's life: opening, real threads, losing the device, starting again.
#include "streaming/live_engine.h"

#include <gtest/gtest.h>

#include <chrono>
#include <stdexcept>
#include <thread>

#include "streaming/drift_resampler.h"
#include "tests/streaming/live_fixture.h"

namespace limpid::streaming {
namespace {

using namespace std::chrono_literals;
using test::fake_model;
using test::noise;

// Moves the simulated card on in its own thread, `speed` times faster than a real one.
class Card {
 public:
  Card(SimulatedDevice& device, double speed)
      : thread_([&device, speed] {
          const auto begin = std::chrono::steady_clock::now();
          while (device.step())
            std::this_thread::sleep_until(
                begin + std::chrono::duration_cast<std::chrono::steady_clock::duration>(
                            std::chrono::duration<double>(device.now() / speed)));
        }) {}
  ~Card() { thread_.join(); }

 private:
  std::thread thread_;
};

TEST(LiveEngine, RealThreadsKeepEverySampleInItsPlace) {
  LiveRun run(noise(1, 2 * kRate), {.format = {.block = 64}}, {.own_thread = true});
  ASSERT_TRUE(run.engine->start().ok());
  {
    Card card(*run.device, 1.0);
    for (int i = 0; i < 20; ++i) {
      EXPECT_GE(run.engine->stats().seconds, 0.0);
      std::this_thread::sleep_for(20ms);
    }
  }
  run.engine->stop();
  run.expect_aligned();
  const auto stats = run.engine->stats();
  EXPECT_EQ(stats.state, LiveState::stopped);
  EXPECT_NEAR(stats.seconds, 2.0, 0.02);
  EXPECT_LT(stats.late_seconds, stats.seconds);  // some of it in time, on the busiest machine
  EXPECT_GT(stats.load_median, 0.0f);
  EXPECT_GE(stats.load_max, stats.load_median);
}

// A network that stops for 100 ms once, on a real thread: early, as a worker that a busy machine
// leaves behind drops input and gets no further than a few hops.
TEST(LiveEngine, OneSlowHopIsOneLateEvent) {
  LiveRun run(noise(1, 2 * kRate), {.format = {.block = 64}}, {.own_thread = true},
              {.latency = 160, .gain = kWetGain, .slow_hop = 4, .slow_work = 100ms});
  ASSERT_TRUE(run.engine->start().ok());
  { Card card(*run.device, 1.0); }
  run.engine->stop();
  run.expect_aligned();
  EXPECT_GE(run.engine->stats().late_events, 1);
  EXPECT_GT(run.engine->stats().load_max, 5.0f);
}

// Much faster than real time, so that the worker is late all the time: still nothing out of place.
TEST(LiveEngine, RealThreadsInAHurry) {
  LiveRun run(noise(1, 60 * kRate), {.format = {.block = 96}, .vary_block = true},
              {.own_thread = true});
  ASSERT_TRUE(run.engine->start().ok());
  { Card card(*run.device, 100.0); }
  run.engine->stop();
  for (std::ptrdiff_t t = 0; t < run.played(); ++t) {
    const float share = run.wet_share(t);
    ASSERT_TRUE(std::isnan(share) || (share > -1e-3f && share < 1.001f)) << "sample " << t;
  }
}

TEST(LiveEngine, TwoClocksOnRealThreads) {
  LiveRun run(noise(1, kRate), {.format = {.block = 64, .one_clock = false}, .drift_ppm = 100.0},
              {.own_thread = true});
  ASSERT_TRUE(run.engine->start().ok());
  { Card card(*run.device, 1.0); }
  run.engine->stop();
  EXPECT_NEAR(run.engine->stats().seconds, 1.0, 0.02);
}

TEST(LiveEngine, ReportsALostDeviceAndStartsAgain) {
  LiveRun run(noise(1, kRate), {.format = {.block = 160}, .lost_at = 0.5});
  run.run();
  const auto lost = run.engine->stats();
  EXPECT_EQ(lost.state, LiveState::lost);
  EXPECT_NEAR(lost.seconds, 0.5, 0.02);
  run.engine->stop();
  EXPECT_NEAR(run.engine->stats().seconds, 0.5, 0.02);  // the last figures stay
  run.run();
  EXPECT_NEAR(run.engine->stats().seconds, 0.5, 0.02);
  run.expect_wet(0, run.played());
}

// Works once.
class Unplugged final : public AudioDevice {
 public:
  const DeviceFormat& format() const noexcept override { return format_; }
  std::string describe() const override { return "loose plug"; }
  Status start(AudioCallback& callback) override {
    if (std::exchange(started_, true)) return Error{ErrorCode::device, "it is gone"};
    Tensor<float, 2> block({1, 160});
    for (int i = 0; i < 10; ++i) callback.on_capture(block.view(), 0.0);
    callback.on_lost();
    return Done{};
  }
  void stop() override {}

 private:
  DeviceFormat format_{.sample_rate = kRate, .block = 160};
  bool started_ = false;
};

TEST(LiveEngine, KeepsItsFiguresWhenADeviceDoesNotComeBack) {
  auto engine =
      LiveEngine::open(fake_model(), std::make_unique<Unplugged>(), {.own_thread = false});
  ASSERT_TRUE(engine.ok());
  ASSERT_TRUE((*engine)->start().ok());
  const auto again = (*engine)->start();
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().message, "it is gone");
  EXPECT_EQ((*engine)->stats().state, LiveState::lost);
  EXPECT_NEAR((*engine)->stats().seconds, 0.1, 1e-9);
}

// A constant into every input for a second, and the last sample that was played.
float play_a_second(const ReplacedCard& card) {
  const DeviceFormat& format = card.format();
  Tensor<float, 2> in({format.inputs, format.block}), out({format.outputs, format.block});
  for (int row = 0; row < format.inputs; ++row) std::ranges::fill(in.view()[row].span(), 0.5f);
  for (int done = 0; done < format.sample_rate; done += format.block) {
    card.callback().on_capture(in.view(), static_cast<double>(done) / format.sample_rate);
    card.callback().on_playback(out.view(), static_cast<double>(done) / format.sample_rate);
  }
  return out.view()[format.outputs - 1][format.block - 1];
}

// Started on a card that will be `next` when it comes back.
struct Replacing {
  ReplacedCard* card = nullptr;  // owned by engine
  std::unique_ptr<LiveEngine> engine;

  explicit Replacing(const DeviceFormat& next) {
    auto owned = std::make_unique<ReplacedCard>(DeviceFormat{.sample_rate = kRate, .block = 80});
    card = owned.get();
    auto opened = LiveEngine::open(fake_model(), std::move(owned), {.own_thread = false});
    if (!opened) throw std::runtime_error(opened.error().message);
    engine = *std::move(opened);
    EXPECT_TRUE(engine->start().ok());
    card->next = next;
  }
};

TEST(LiveEngine, TakesTheFormatOfTheCardThatReplacesALostOne) {
  const Replacing r({.sample_rate = 3 * kRate, .block = 240, .outputs = 2});
  play_a_second(*r.card);
  const int latency = r.engine->latency();
  EXPECT_NEAR(r.engine->stats().seconds, 1.0, 1e-9);
  ASSERT_TRUE(r.engine->start().ok());
  EXPECT_EQ(play_a_second(*r.card), 0.5f);  // the captured signal: nobody moved the worker
  EXPECT_NEAR(r.engine->stats().seconds, 1.0, 1e-9);
  EXPECT_NEAR(r.engine->latency(), 3 * latency, 5);
  EXPECT_EQ(r.engine->stats().interruptions, 0);
}

TEST(LiveEngine, KnowsWhenTheCardThatReplacesALostOneHasTwoClocks) {
  const Replacing r({.sample_rate = kRate, .block = 80, .one_clock = false});
  const int latency = r.engine->latency();
  ASSERT_TRUE(r.engine->start().ok());
  EXPECT_EQ(r.engine->latency(), latency + DriftResampler::kTaps);
}

TEST(LiveEngine, RefusesAReplacementWithTooFewInputs) {
  const Replacing r({.inputs = 0});
  const auto again = r.engine->start();
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().message, "live: model fake needs 1 input channels, card has 0");
}

TEST(LiveEngine, NoticesADeviceThatStopsWithoutAWord) {
  LiveRun run(noise(1, kRate), {.format = {.block = 160}, .lost_at = 0.1, .lost_silently = true},
              {.lost_after_seconds = 0.1, .own_thread = true});
  ASSERT_TRUE(run.engine->start().ok());
  { Card card(*run.device, 1.0); }
  for (int i = 0; i < 100 && run.engine->stats().state != LiveState::lost; ++i)
    std::this_thread::sleep_for(20ms);
  EXPECT_EQ(run.engine->stats().state, LiveState::lost);
}

TEST(LiveEngine, MetersShowWhatIsThere) {
  LiveRun run(noise(1, 2 * kRate), {.format = {.block = 160}});
  run.run();
  const auto stats = run.engine->stats();
  EXPECT_NEAR(stats.input_rms_db, -10.8f, 0.3f);  // white noise in +-0.5
  EXPECT_NEAR(stats.input_peak_db, -6.0f, 0.3f);
  EXPECT_NEAR(stats.output_rms_db, -16.8f, 0.3f);
  EXPECT_NEAR(stats.reduction_db, 6.0f, 0.3f);
}

TEST(LiveEngine, MetersStayNumbersWhateverTheDeviceDelivers) {
  auto garbage = noise(1, kRate);
  for (std::ptrdiff_t t = 0; t < kRate; t += 7) garbage.view()[0][t] = 3e38f;
  garbage.view()[0][100] = std::numeric_limits<float>::quiet_NaN();
  LiveRun run(std::move(garbage), {.format = {.block = 160}});
  run.run();
  const auto stats = run.engine->stats();
  EXPECT_TRUE(std::isfinite(stats.input_rms_db) && std::isfinite(stats.output_rms_db));
  EXPECT_TRUE(std::isfinite(stats.reduction_db));
  EXPECT_EQ(stats.repaired, 1);
}

TEST(LiveEngine, BypassSurvivesARestart) {
  LiveRun run(noise(1, kRate), {.format = {.block = 160}});
  run.engine->set_bypass(true);
  run.run();
  run.engine->stop();
  run.run();
  EXPECT_NEAR(run.engine->stats().reduction_db, 0.0f, 0.2f);
}

TEST(LiveEngine, SaysWhyItCannotOpen) {
  const auto why = [](test::FakeModelConfig model, LiveConfig config) {
    auto device = std::make_unique<SimulatedDevice>(noise(1, 100),
                                                    Simulation{.format = {.sample_rate = kRate}});
    auto engine = LiveEngine::open(fake_model(model), std::move(device), config);
    EXPECT_FALSE(engine.ok());
    return engine.ok() ? std::string() : engine.error().message;
  };
  EXPECT_EQ(why({.input_channels = 4}, {}),
            "live: model fake needs 4 input channels, simulated sound card has 1");
  EXPECT_EQ(why({}, {.deadline_seconds = -1}),
            "live: the deadline is -1.000000 s, expected 0..1 s");
  EXPECT_NE(why({.memory = Memory::windowed}, {}).find("cannot stream"), std::string::npos);
  EXPECT_FALSE(LiveEngine::open(fake_model(), nullptr, {}).ok());
}

}  // namespace
}  // namespace limpid::streaming
