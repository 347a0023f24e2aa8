// SPDX-License-Identifier: MIT
// One clock: what is heard when the worker is in time, late, or gone for a while.
#include <gtest/gtest.h>

#include "tests/streaming/live_fixture.h"
#include "tests/support/realtime_guard.h"

namespace limpid::streaming {
namespace {

using test::noise;

TEST(LiveLate, CalmMeansEnhancedToTheLastBit) {
  for (const int block : {32, 64, 160, 256, 441}) {
    for (const bool vary : {false, true}) {
      LiveRun run(noise(1, 16000), {.format = {.block = block}, .vary_block = vary});
      run.run();
      const int latency = run.engine->latency();
      EXPECT_EQ(latency, 160 + kHop - 1 + std::max(block, kHop) + kFade);
      for (std::ptrdiff_t t = 0; t < run.played(); ++t)
        ASSERT_EQ(run.device->played()[0][t],
                  t < latency ? 0.0f : kWetGain * run.source.view()[0][t - latency])
            << "block " << block << ", sample " << t;
      EXPECT_EQ(run.engine->stats().late_events, 0);
      EXPECT_EQ(run.engine->stats().interruptions, 0);
    }
  }
}

TEST(LiveLate, LatencyByCorrelation) {
  LiveRun run(noise(1, 16000), {.format = {.block = 128}});
  run.run();
  EXPECT_EQ(test::delay_between(run.source.view()[0].span(), run.device->played()[0].span(), 2000),
            run.engine->latency());
}

TEST(LiveLate, AShorterDeadlineIsAShorterLatency) {
  LiveRun run(noise(1, 8000), {.format = {.block = 32}},
              {.deadline_seconds = 0.004, .own_thread = false});
  EXPECT_EQ(run.engine->latency(), 160 + kHop - 1 + 64 + kFade);
  run.run();
  run.expect_wet(0, run.played());
}

// A sound card whose own buffer holds several blocks delivers them at once, and leaves the worker
// no time in between. The deadline is to hold all of them, which nobody but the user can know.
TEST(LiveLate, ADeadlineAsLongAsABurstOfBlocksIsInTime) {
  constexpr int kBlock = 80, kBurst = 4;
  for (const double deadline : {0.0, kBurst * kBlock / double{kRate}}) {
    LiveRun run(noise(1, 32000), {.format = {.block = kBlock}},
                {.deadline_seconds = deadline, .own_thread = false});
    int block = 0;
    run.run([&](double) { return ++block % kBurst == 0; });
    run.expect_aligned();
    if (deadline > 0.0) {
      EXPECT_EQ(run.engine->stats().late_events, 0);
      run.expect_wet(0, run.played());
    } else {
      EXPECT_GT(run.engine->stats().late_events, 50);
    }
  }
}

// Without the fade in reserve, or with a deadline one block too late, this fails.
TEST(LiveLate, AMissedDeadlineIsHeardAsTheCapturedSignalAtTheSameLatency) {
  for (const int block : {16, 64, 160, 300}) {
    for (const double absent : {0.012, 0.020, 0.1, 0.2}) {
      LiveRun run(noise(1, 32000), {.format = {.block = block}, .vary_block = block == 64});
      run.run([&](double time) { return time < 0.5 || time > 0.5 + absent; });
      run.expect_aligned();
      const auto stats = run.engine->stats();
      EXPECT_LE(stats.late_events, 1);
      EXPECT_EQ(stats.dropped_seconds, 0.0);
      EXPECT_GE(stats.late_events, absent > 0.05 ? 1 : 0) << block << " " << absent;
      run.expect_wet(0, 8000);
      run.expect_wet(static_cast<std::ptrdiff_t>((0.5 + absent) * kRate) + 2 * block + 2 * kFade,
                     run.played());
    }
  }
}

TEST(LiveLate, LateTimeIsCounted) {
  LiveRun run(noise(1, 32000), {.format = {.block = 80}});
  run.run([](double time) { return time < 0.5 || time > 0.7; });
  EXPECT_NEAR(run.engine->stats().late_seconds, 0.2, 0.03);
}

TEST(LiveLate, AWorkerTooFarBehindDropsInputAndComesBackAligned) {
  for (const double absent : {0.4, 0.9, 5.0}) {  // 5 s: the queue has long been overwritten
    LiveRun run(noise(1, 7 * kRate), {.format = {.block = 128}});
    run.run([&](double time) { return time < 0.5 || time > 0.5 + absent; });
    run.expect_aligned();
    const auto stats = run.engine->stats();
    EXPECT_EQ(stats.late_events, 1);
    EXPECT_NEAR(stats.dropped_seconds, absent, 0.02);
    const auto back = static_cast<std::ptrdiff_t>((0.5 + absent) * kRate);
    run.expect_wet(back + run.engine->latency() + 2 * 128 + 2 * kFade, run.played());
  }
}

TEST(LiveLate, AWorkerThatIsAlwaysTooSlowIsHarmless) {
  int calls = 0;
  LiveRun run(noise(1, 4 * kRate), {.format = {.block = 160}});
  ASSERT_TRUE(run.engine->start().ok());
  while (run.device->step())
    if (++calls % 2 == 0) run.engine->run_worker();  // one hop where two are due
  run.expect_aligned();
  EXPECT_GT(run.engine->stats().late_seconds, 2.0);
  EXPECT_GT(run.engine->stats().dropped_seconds, 1.0);
}

TEST(LiveLate, ANervousWorkerNeverTearsTheSignal) {
  std::mt19937 random(7);
  LiveRun run(noise(1, 8 * kRate), {.format = {.block = 96}, .vary_block = true});
  run.run([&](double) { return random() % 4 == 0; });
  run.expect_aligned();
  EXPECT_GT(run.engine->stats().late_events, 10);
}

TEST(LiveLate, BypassIsOneCall) {
  LiveRun run(noise(1, 16000), {.format = {.block = 160}});
  run.engine->set_bypass(true);
  run.run();
  for (auto t = run.played() / 2; t < run.played(); ++t) {
    if (const float share = run.wet_share(t); !std::isnan(share)) {
      ASSERT_NEAR(share, 0.0f, 1e-4f);
    }
  }
}

TEST(LiveLate, SeveralChannelsAndMoreLoudspeakers) {
  LiveRun run(noise(3, 16000), {.format = {.block = 160, .inputs = 3, .outputs = 4}},
              {.channels = 2, .own_thread = false});
  run.run();
  for (auto t = std::ptrdiff_t{run.engine->latency()}; t < run.played(); ++t)
    for (int row = 0; row < 4; ++row)
      ASSERT_EQ(run.device->played()[row][t],
                kWetGain * run.source.view()[std::min(row, 1)][t - run.engine->latency()]);
}

TEST(LiveLate, CallbacksAndWorkerAreRealtimeSafe) {
  LiveRun run(noise(1, 16000), {.format = {.block = 160}});
  ASSERT_TRUE(run.engine->start().ok());
  test::expect_realtime([&] {
    while (run.device->step())
      if (run.device->now() < 0.4 || run.device->now() > 0.8)
        while (run.engine->run_worker()) {
        }
  });
}

}  // namespace
}  // namespace limpid::streaming
