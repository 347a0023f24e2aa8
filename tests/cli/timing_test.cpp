// SPDX-License-Identifier: MIT
// What `limpid bench` measures, and when it must not say a figure.
#include "examples/limpid/timing.h"

#include <gtest/gtest.h>

#include "tests/support/fake_model.h"

namespace limpid::cli {
namespace {

constexpr int kWarmUp = 3;  // calls

TEST(TimingTest, CountsCallsAndTheirAudio) {
  const auto timing =
      time_calls(*test::fake_model(), {.seconds = 0.2, .lanes = 6, .frames = 2, .groups = 2});
  ASSERT_TRUE(timing) << timing.error().message;
  EXPECT_EQ(timing->calls.size(), 20u) << "ten of each group";
  EXPECT_NEAR(timing->audio, 1.2, 1e-9);
  EXPECT_NEAR(timing->deadline, 0.02, 1e-9);
}

TEST(TimingTest, PercentilesAreCallsAndLateOnesAreMisses) {
  Timing timing;
  for (int ms = 1; ms <= 101; ++ms) timing.calls.push_back(ms);
  EXPECT_EQ(timing.percentile(0), 1);
  EXPECT_EQ(timing.percentile(50), 51);
  EXPECT_EQ(timing.percentile(99), 100);
  EXPECT_EQ(timing.percentile(100), 101);
  timing.deadline = 98;
  EXPECT_EQ(timing.misses(), 3) << "what is done at the deadline is in time";
  timing.calls = {1, 2};
  EXPECT_EQ(timing.percentile(50), 2) << "the later one of two";
  EXPECT_EQ(timing.misses(), 0);
}

// A dead card answers at once, with silence.
TEST(TimingTest, AFailingGpuIsNotTimed) {
  for (const int fail_hop : {0, kWarmUp - 1, kWarmUp, kWarmUp + 10}) {
    SCOPED_TRACE(fail_hop);
    const auto timing = time_calls(*test::fake_model({.fail_hop = fail_hop}), {.seconds = 0.2});
    ASSERT_FALSE(timing);
    EXPECT_EQ(timing.error().code, ErrorCode::device);
    EXPECT_EQ(timing.error().message, "the fake GPU is on fire");
  }
  EXPECT_TRUE(time_calls(*test::fake_model({.fail_hop = 100}), {.seconds = 0.2}));
}

}  // namespace
}  // namespace limpid::cli
