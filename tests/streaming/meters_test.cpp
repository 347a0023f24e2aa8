// SPDX-License-Identifier: MIT
#include "streaming/meters.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <limits>
#include <thread>

namespace limpid::streaming {
namespace {

// Capture and playback of two sound cards call AudioCallback::on_xrun() from threads of their own.
TEST(Counter, LosesNothingBetweenTwoThreads) {
  constexpr int kTimes = 1'000'000;
  Counter counter;
  std::atomic<int> ready = 0;
  const auto count = [&] {
    for (++ready; ready < 2;) std::this_thread::yield();
    for (int i = 0; i < kTimes; ++i) counter.add();
  };
  std::thread other(count);
  count();
  other.join();
  EXPECT_EQ(counter.value(), 2 * kTimes);
}

// A square wave in the first channel, silence in the others.
Tensor<float, 2> square(int channels, std::ptrdiff_t samples, float amplitude) {
  Tensor<float, 2> audio({channels, samples});
  for (std::ptrdiff_t t = 0; t < samples; ++t)
    audio.view()[0][t] = t % 2 == 0 ? amplitude : -amplitude;
  return audio;
}

TEST(LevelMeter, FollowsPowerAndHoldsPeaks) {
  LevelMeter meter(16000);
  EXPECT_EQ(meter.rms_db(), kSilenceDb);
  EXPECT_EQ(meter.peak_db(), kSilenceDb);
  const auto wave = square(2, 1600, 0.5f);
  for (int block = 0; block < 40; ++block) meter.add(wave.view());
  EXPECT_NEAR(meter.rms_db(), -6.02 - 3.01, 0.01) << "the other channel is silent";
  EXPECT_NEAR(meter.peak_db(), -6.02, 0.01);
  meter.add(wave.view().slice(1, 0, 0));
  EXPECT_NEAR(meter.rms_db(), -9.03, 0.01);
  const Tensor<float, 2> silence({2, 1600});
  for (int block = 0; block < 10; ++block) meter.add(silence.view());
  EXPECT_NEAR(meter.peak_db(), -26.02, 0.01) << "20 dB in a second";
  EXPECT_NEAR(meter.rms_db(), -9.03 - 4.343 / 0.3, 0.01);
}

TEST(LevelMeter, GarbageIsNoLevel) {
  LevelMeter meter(16000);
  auto audio = square(1, 1600, 0.5f);
  audio.view()[0][3] = std::numeric_limits<float>::quiet_NaN();
  audio.view()[0][4] = -std::numeric_limits<float>::infinity();
  meter.add(audio.view());
  EXPECT_NEAR(meter.peak_db(), -6.02, 0.01);
  audio.view()[0][5] = -3e38f;
  meter.add(audio.view());
  EXPECT_NEAR(meter.peak_db(), 120, 0.01);
  EXPECT_TRUE(std::isfinite(meter.rms_db()));
}

TEST(LoadMeter, MedianOfTheLatestAndTheMostOfAll) {
  LoadMeter meter;
  EXPECT_EQ(meter.median(), 0.0f);
  EXPECT_EQ(meter.max(), 0.0f);
  for (const float load : {0.3f, 0.1f, 0.2f}) meter.add(load);
  EXPECT_EQ(meter.median(), 0.2f);
  for (int i = 0; i < 200; ++i) meter.add(0.9f);
  EXPECT_EQ(meter.median(), 0.9f);
  for (int i = 0; i < 256; ++i) meter.add(i % 2 == 0 ? 0.4f : 0.5f);
  EXPECT_EQ(meter.median(), 0.5f) << "the higher of the two in the middle";
  EXPECT_EQ(meter.max(), 0.9f);
}

}  // namespace
}  // namespace limpid::streaming
