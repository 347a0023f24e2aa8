// SPDX-License-Identifier: MIT
#include "streaming/meters.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace limpid::streaming
