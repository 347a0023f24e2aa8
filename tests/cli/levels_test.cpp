// SPDX-License-Identifier: MIT
#include "examples/limpid/levels.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace limpid::cli {
namespace {

// Square waves have the same level by any definition.
std::vector<float> square(float amplitude, std::size_t count) {
  std::vector<float> samples(count);
  for (std::size_t i = 0; i < count; ++i) samples[i] = i % 2 == 0 ? amplitude : -amplitude;
  return samples;
}

AudioView<const float> mono(const std::vector<float>& samples) {
  return {samples.data(), {1, static_cast<std::ptrdiff_t>(samples.size())}};
}

TEST(Levels, AreThoseOfTheSignal) {
  LevelComparison meter(16000);
  meter.before(mono(square(0.1f, 16000)));
  meter.after(mono(square(0.01f, 16000)));
  const Levels levels = meter.levels();
  EXPECT_NEAR(levels.rms_before, -20, 0.01);
  EXPECT_NEAR(levels.rms_after, -40, 0.01);
  EXPECT_NEAR(levels.peak_before, -20, 0.01);
  EXPECT_NEAR(levels.pauses->reduction(), 20, 0.01);
}

TEST(Levels, PausesAreTheQuietTenthAndNotDigitalSilence) {
  LevelComparison meter(16000);
  for (int second = 0; second < 10; ++second) {
    const bool speech = second > 0;
    meter.before(mono(square(speech ? 0.5f : 0.01f, 16000)));
    meter.after(mono(square(speech ? 0.5f : 0.001f, 16000)));
  }
  meter.before(mono(square(0, 16000)));
  meter.after(mono(square(0, 16000)));
  EXPECT_NEAR(meter.levels().pauses->before, -40, 0.01);
  EXPECT_NEAR(meter.levels().pauses->after, -60, 0.01);
}

TEST(Levels, TheEnhancedSideMayTrail) {
  LevelComparison together(16000), apart(16000);
  const auto loud = square(0.3f, 8000), quiet = square(0.02f, 8000);
  for (const auto& samples : {loud, quiet}) {
    together.before(mono(samples));
    together.after(mono(samples));
    apart.before(mono(samples));
  }
  for (const auto& samples : {loud, quiet})
    for (std::size_t at = 0; at < samples.size(); at += 100)
      apart.after({samples.data() + at, {1, 100}});
  EXPECT_DOUBLE_EQ(together.levels().pauses->after, apart.levels().pauses->after);
  EXPECT_NEAR(apart.levels().pauses->reduction(), 0, 1e-9);
}

TEST(Levels, OfSeveralChannelsAreTheirMeanPowerAndTheHighestPeak) {
  LevelComparison meter(16000);
  auto samples = square(0.2f, 16000);
  samples.resize(32000);  // and a silent channel
  meter.before({samples.data(), {2, 16000}});
  meter.after({samples.data(), {2, 16000}});
  const Levels levels = meter.levels();
  EXPECT_NEAR(levels.rms_before, 20 * std::log10(0.2) - 10 * std::log10(2), 0.01);
  EXPECT_NEAR(levels.pauses->before, levels.rms_before, 0.01);
  EXPECT_NEAR(levels.peak_after, 20 * std::log10(0.2), 0.01);
}

TEST(Levels, SilenceHasALowestValue) {
  LevelComparison meter(16000);
  meter.before(mono(square(0, 16000)));
  meter.after(mono(square(0, 16000)));
  EXPECT_EQ(meter.levels().rms_before, -120);
  EXPECT_FALSE(meter.levels().pauses.has_value());
}

}  // namespace
}  // namespace limpid::cli
