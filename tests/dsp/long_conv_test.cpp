// SPDX-License-Identifier: MIT
// Offline convolutions against the definition: every method, awkward lengths, gates, levels,
// threads, on every instruction set.
#include "lib/dsp/long_conv.h"

#include <algorithm>
#include <limits>

#include "lib/dsp/long_conv_layout.h"
#include "tests/dsp/long_conv_fixture.h"
#include "tests/support/realtime_guard.h"

namespace limpid::dsp {
namespace {

constexpr double kWanted = 120;  // dB

using LongConvolution = kernels::EveryTarget;
INSTANTIATE_EVERY_TARGET(LongConvolution);

struct Lengths {
  std::int64_t samples, taps;
};
constexpr Lengths kLengths[] = {{1, 1},      {1, 5},     {2, 2},       {7, 3},      {31, 31},
                                {64, 64},    {100, 17},  {127, 300},   {128, 128},  {500, 499},
                                {1000, 1},   {1024, 65}, {1024, 1024}, {1537, 512}, {2047, 2049},
                                {3000, 700}, {4096, 33}, {5001, 2},    {4001, 4001}};
constexpr LongConvMethod kMethods[] = {LongConvMethod::direct, LongConvMethod::monarch,
                                       LongConvMethod::fft, LongConvMethod::fastest};

TEST_P(LongConvolution, IsTheDefinitionForAwkwardLengthsByEveryMethod) {
  for (const auto& [samples, taps] : kLengths)
    for (const bool circular : {false, true}) {
      Operand k(1, 2, taps, 1), u(3, 2, samples, 2), y(3, 2, samples, 3);
      const Definition wanted(k.rows(), u.view(), circular);
      for (const LongConvMethod method : kMethods) {
        if (method == LongConvMethod::direct && std::min(samples, taps) > 1024) continue;
        const auto plan = long_plan({.channels = 2,
                                     .samples = samples,
                                     .taps = taps,
                                     .circular = circular,
                                     .method = method});
        auto conv = long_conv(plan, k.rows());
        ASSERT_TRUE(conv.process(u.view(), y.view()));
        ASSERT_GT(wanted.snr_of(y.view()), kWanted)
            << samples << " samples, " << taps << " taps, circular " << circular << ", method "
            << static_cast<int>(plan->layout().method);
      }
    }
}

TEST_P(LongConvolution, EveryLevelHasTheSamePrecision) {
  for (const float level : {1.0f, 1e-2f, 1e-4f}) {
    Operand k(1, 1, 1000, 1, level), u(1, 1, 4000, 2, level), y(1, 1, 4000, 3);
    const Definition wanted(k.rows(), u.view(), false);
    for (const LongConvMethod method : kMethods) {
      auto conv = long_conv(long_plan({.samples = 4000, .taps = 1000, .method = method}), k.rows());
      ASSERT_TRUE(conv.process(u.view(), y.view()));
      ASSERT_GT(wanted.snr_of(y.view()), kWanted) << level;
    }
  }
}

// Rows that are long beside their filter are cut into windows; in place, with gates.
TEST_P(LongConvolution, WindowsGatesAndResultsInPlace) {
  const std::int64_t samples = 9001, taps = 90;
  Operand k(1, 1, taps, 1), u(3, 2, samples, 2), before(3, 2, samples, 4), after(3, 2, samples, 5);
  const LongConvGates gates{before.view(), after.view()};
  for (const bool circular : {false, true}) {
    const Definition wanted(k.rows(), u.view(), circular, gates);
    for (const LongConvMethod method : kMethods) {
      Operand y(3, 2, samples, 2);  // the same noise as u
      const auto plan = long_plan({.channels = 2,
                                   .samples = samples,
                                   .taps = taps,
                                   .circular = circular,
                                   .method = method});
      EXPECT_GT(plan->layout().blocks, 1);
      auto conv = long_conv(plan, k.rows());
      ASSERT_TRUE(conv.process(y.view(), y.view(), gates));
      ASSERT_GT(wanted.snr_of(y.view()), kWanted) << circular << static_cast<int>(method);
    }
  }
}

TEST_P(LongConvolution, ShorterRowsThanPlanned) {
  Operand k(1, 1, 800, 1);
  for (const std::ptrdiff_t samples : {0, 1, 799, 4999}) {
    Operand u(2, 1, samples, 2), y(2, 1, samples, 3);
    const Definition wanted(k.rows(), u.view(), false);
    for (const LongConvMethod method : kMethods) {
      auto conv = long_conv(long_plan({.samples = 5000, .taps = 800, .method = method}), k.rows());
      ASSERT_TRUE(conv.process(u.view(), y.view()));
      ASSERT_TRUE(samples == 0 || wanted.snr_of(y.view()) > kWanted) << samples;
    }
  }
}

TEST_P(LongConvolution, UsesAnotherFilterFromTheNextCallOn) {
  Operand first(1, 1, 300, 1), second(1, 1, 200, 4), u(1, 1, 3000, 2), y(1, 1, 3000, 3);
  for (const LongConvMethod method : kMethods) {
    const auto plan = long_plan({.samples = 3000, .taps = 300, .method = method});
    auto conv = long_conv(plan, first.rows());
    ASSERT_TRUE(conv.process(u.view(), y.view()));
    ASSERT_TRUE(conv.use(*LongConvFilter::create(plan, second.rows())));
    ASSERT_TRUE(conv.process(u.view(), y.view()));
    ASSERT_GT(Definition(second.rows(), u.view(), false).snr_of(y.view()), kWanted);
  }
}

TEST_P(LongConvolution, ThreadsDoNotChangeABit) {
  Operand k(1, 5, 300, 1), u(7, 5, 2048, 2), one(7, 5, 2048, 3), more(7, 5, 2048, 3);
  for (const bool circular : {false, true}) {
    const auto plan =
        long_plan({.channels = 5, .samples = 2048, .taps = 300, .circular = circular});
    auto alone = long_conv(plan, k.rows());
    ASSERT_TRUE(alone.process(u.view(), one.view()));
    auto team = long_conv(plan, k.rows(), 4);
    for (int repetition = 0; repetition < 3; ++repetition) {
      ASSERT_TRUE(team.process(u.view(), more.view()));
      ASSERT_EQ(one.values, more.values);
    }
  }
}

TEST_P(LongConvolution, AllocatesNothing) {
  for (const LongConvMethod method : kMethods) {
    Operand k(1, 1, 100, 1), u(2, 1, 3000, 2);
    auto conv = long_conv(long_plan({.samples = 3000, .taps = 100, .method = method}), k.rows());
    test::expect_realtime([&] { (void)conv.process(u.view(), u.view()).ok(); });
  }
}

// What is chosen is right in any case; only its cost tells a good choice from a bad one.
TEST(LongConvLayout, TwiceTheRowCostsTwiceAsMuchAndTheFastestTheLeast) {
  const auto cost = [](std::int64_t samples, LongConvMethod method) {
    return choose_layout({.samples = samples, .taps = 300, .method = method})->cost;
  };
  for (const std::int64_t samples : {1'000, 50'000, 1'000'000}) {
    double least = std::numeric_limits<double>::infinity();
    for (const LongConvMethod method :
         {LongConvMethod::direct, LongConvMethod::monarch, LongConvMethod::fft}) {
      least = std::min(least, cost(samples, method));
      if (samples > 10'000) {
        EXPECT_NEAR(cost(2 * samples, method) / cost(samples, method), 2, 0.1)
            << samples << " " << static_cast<int>(method);
      }
    }
    EXPECT_EQ(cost(samples, LongConvMethod::fastest), least);
  }
}

}  // namespace
}  // namespace limpid::dsp
