// SPDX-License-Identifier: MIT
// Two clocks: the stock between them stays bounded, and nothing of it is heard.
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "streaming/drift_control.h"
#include "streaming/drift_resampler.h"
#include "tests/streaming/live_fixture.h"
#include "tests/support/realtime_guard.h"

namespace limpid::streaming {
namespace {

constexpr double kTone = 500.0;  // Hz

Tensor<float, 2> tone(double seconds, float amplitude = 0.5f) {
  Tensor<float, 2> signal({1, static_cast<std::ptrdiff_t>(seconds * kRate)});
  for (std::ptrdiff_t t = 0; t < signal.extent(1); ++t)
    signal.view()[0][t] = amplitude * static_cast<float>(std::sin(2.0 * std::numbers::pi * kTone /
                                                                  kRate * static_cast<double>(t)));
  return signal;
}

// A click is a bend that the tone itself cannot have. The tone's own second difference is at most
// amplitude * (2 pi f / rate)^2; drift changes that by 0.2 %, a fade adds its slope.
void expect_no_clicks(AudioView<const float> audio, float amplitude, float fade_slope = 0.0f) {
  const auto omega = static_cast<float>(2.0 * std::numbers::pi * kTone / kRate);
  const float most = amplitude * omega * omega * 1.02f + 2.0f * amplitude * fade_slope + 1e-3f;
  for (std::ptrdiff_t t = 2; t < audio.extent(1); ++t)
    ASSERT_LE(std::abs(audio[0][t] - 2 * audio[0][t - 1] + audio[0][t - 2]), most)
        << "sample " << t << " of " << audio.extent(1);
}

Simulation two_cards(double drift_ppm) {
  return {.format = {.block = 160, .one_clock = false},
          .jitter_seconds = 0.001,
          .drift_ppm = drift_ppm};
}

TEST(DriftResampler, AtNominalSpeedIsAPureDelay) {
  DriftResampler resampler(1, 100);
  const auto in = test::noise(1, 1000);
  Tensor<float, 2> out({1, 100});
  ASSERT_EQ(resampler.offset(), -17.0);
  for (std::ptrdiff_t done = 0; done < 1000; done += 100) {
    ASSERT_EQ(resampler.needed(100, 1.0), 100);
    resampler.process(in.view().slice(1, done, 100), 1.0, out.view());
    for (std::ptrdiff_t t = 0; t < 100; ++t)
      ASSERT_NEAR(out.view()[0][t], done + t < 17 ? 0.0f : in.view()[0][done + t - 17], 1e-5f);
  }
}

// 0.8 of half the rate, played 0.1 % faster: still the same tone at the time that offset() names.
TEST(DriftResampler, KeepsSpeechAndTellsWhereItIs) {
  const double omega = 0.8 * std::numbers::pi;
  DriftResampler resampler(1, 160);
  Tensor<float, 2> out({1, 160}), in({1, DriftResampler::most_needed(160)});
  std::ptrdiff_t taken = 0;
  for (int block = 0; block < 200; ++block) {
    const double step = block % 2 == 0 ? 1.001 : 0.9995;
    const double begin = static_cast<double>(taken) + resampler.offset();
    const auto count = resampler.needed(160, step);
    for (std::ptrdiff_t t = 0; t < count; ++t)
      in.view()[0][t] = static_cast<float>(std::sin(omega * static_cast<double>(taken + t)));
    taken += count;
    resampler.process(in.view().slice(1, 0, count), step, out.view());
    for (std::ptrdiff_t t = 0; t < 160 && block > 0; ++t)
      ASSERT_NEAR(out.view()[0][t], std::sin(omega * (begin + static_cast<double>(t) * step)), 0.01)
          << "block " << block << ", sample " << t;
  }
}

TEST(DriftControl, FindsTheDriftWithoutOvershoot) {
  for (const double drift : {300e-6, -300e-6, 900e-6}) {
    DriftControl control(48000);
    double stock = 0.0, furthest = 0.0;
    for (int i = 0; i < 12000; ++i) {  // two minutes of 10 ms
      const double speed = control.update(stock, 0.01);
      stock += 480.0 * (drift - speed);
      furthest = std::max(furthest, std::abs(stock));
    }
    EXPECT_NEAR(control.drift(), drift, 1e-6);
    EXPECT_NEAR(stock, 0.0, 0.5);
    EXPECT_LT(furthest, 1.2 * 48000 * std::abs(drift) / (0.2 * std::numbers::e));
  }
}

TEST(LiveDrift, TenMinutesOfDriftStayBoundedAndSilent) {
  for (const double ppm : {300.0, -300.0}) {
    LiveRun run(tone(600.0), two_cards(ppm));
    ASSERT_TRUE(run.engine->start().ok());
    while (run.device->step())
      while (run.engine->run_worker()) {
      }
    const auto stats = run.engine->stats();
    EXPECT_NEAR(stats.drift_ppm, ppm, 10.0);
    EXPECT_EQ(stats.interruptions, 0);
    EXPECT_EQ(stats.late_events, 0);
    expect_no_clicks(run.device->played().slice(1, 2000, run.played() - 2000), 0.5f * kWetGain);
  }
}

// Ten minutes with 300 ppm move the clocks by 2880 samples; the delay from capture to playback,
// measured in what is heard, must not move by more than the jitter.
TEST(LiveDrift, LatencyIsTheSameAtTheEnd) {
  for (const double ppm : {300.0, -300.0}) {
    LiveRun run(test::noise(1, 120 * kRate), two_cards(ppm));
    run.run();
    for (const double second : {20.0, 60.0, 110.0}) {
      const auto heard = static_cast<std::ptrdiff_t>(second * kRate);
      const auto spoken = static_cast<std::ptrdiff_t>(second * (1.0 + ppm * 1e-6) * kRate);
      const auto begin = spoken - 2000;
      const int delay =
          test::delay_between(run.source.view()[0].slice(0, begin, 1000).span(),
                              run.device->played()[0].slice(0, heard - 2000, 3000).span(), 1999);
      EXPECT_NEAR(delay, run.engine->latency(), 24) << "at " << second << " s";
    }
  }
}

TEST(LiveDrift, ManyPatternsOfCallbacks) {
  for (const int block : {32, 160, 500}) {
    auto cards = two_cards(100.0);
    cards.format.block = block;
    cards.vary_block = true;
    LiveRun run(tone(20.0), cards);
    run.run();
    EXPECT_EQ(run.engine->stats().interruptions, 0) << block;
    EXPECT_EQ(run.engine->stats().late_events, 0) << block;
    expect_no_clicks(run.device->played().slice(1, 2000, run.played() - 2000), 0.5f * kWetGain);
  }
}

// Capture stops for 0.3 s: playback fades out, waits, and goes on at the usual latency. On the way
// the enhanced samples end before the captured ones do, which counts as late.
TEST(LiveDrift, AStalledInputIsWaitedForWithoutAClick) {
  auto cards = two_cards(50.0);
  cards.stall_at = 5.0;
  cards.stall_for = 0.3;
  LiveRun run(tone(20.0), cards);
  run.run();
  const auto stats = run.engine->stats();
  EXPECT_EQ(stats.interruptions, 1);
  EXPECT_LE(stats.late_events, 1);
  expect_no_clicks(run.device->played().slice(1, 2000, run.played() - 2000), 0.5f, 1.0f / kFade);
  double power = 0.0;
  for (const float sample : run.device->played()[0].slice(0, 6 * kRate, 10 * kRate).span())
    power += double{sample} * double{sample};
  EXPECT_NEAR(std::sqrt(2.0 * power / (10.0 * kRate)), 0.5 * kWetGain, 0.005);
}

// Playback pauses for 50 ms, after which the stock is that much too large. Of clocks that are alike
// all along this says nothing.
TEST(LiveDrift, WhatIsCorrectedAtAStrokeIsNotTakenForDrift) {
  auto card = std::make_unique<ReplacedCard>(
      DeviceFormat{.sample_rate = kRate, .block = 160, .one_clock = false});
  const ReplacedCard& device = *card;
  auto opened =
      LiveEngine::open(test::fake_model({.latency = 160}), std::move(card), {.own_thread = false});
  ASSERT_TRUE(opened) << opened.error().message;
  LiveEngine& engine = **opened;
  ASSERT_TRUE(engine.start().ok());
  const auto in = test::noise(1, 160);
  Tensor<float, 2> out({1, 160});
  for (int block = 0; block < 400; ++block) {
    const double time = 0.01 * block;
    device.callback().on_capture(in.view(), time);
    while (engine.run_worker()) {
    }
    if (block < 200 || block >= 205) device.callback().on_playback(out.view(), time);
  }
  EXPECT_EQ(engine.stats().interruptions, 1);
  EXPECT_LT(std::abs(engine.stats().drift_ppm), 60.0);
}

TEST(LiveDrift, LateWorkersAreHandledAsWithOneClock) {
  LiveRun run(tone(10.0), two_cards(-200.0));
  run.run([](double time) { return time < 3.0 || time > 3.5; });
  EXPECT_EQ(run.engine->stats().late_events, 1);
  EXPECT_EQ(run.engine->stats().interruptions, 0);
  expect_no_clicks(run.device->played().slice(1, 2000, run.played() - 2000), 0.5f, 1.0f / kFade);
}

TEST(LiveDrift, CallbacksAreRealtimeSafe) {
  LiveRun run(tone(2.0), two_cards(100.0));
  ASSERT_TRUE(run.engine->start().ok());
  test::expect_realtime([&] {
    while (run.device->step()) run.engine->run_worker();
  });
}

}  // namespace
}  // namespace limpid::streaming
