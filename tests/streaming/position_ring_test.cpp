// SPDX-License-Identifier: MIT
#include "streaming/position_ring.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "tests/support/realtime_guard.h"

namespace limpid::streaming {
namespace {

// Every sample tells its row and its index (a float counts to 2^24 only).
float mark(int row, std::int64_t position) {
  return static_cast<float>(position % (1 << 20) + 1000 * row);
}

void write_counting(PositionRing& ring, std::ptrdiff_t count) {
  Tensor<float, 2> block({ring.rows(), count});
  for (int row = 0; row < ring.rows(); ++row)
    for (std::ptrdiff_t t = 0; t < count; ++t) block.view()[row][t] = mark(row, ring.head() + t);
  ring.write(block.view());
}

bool reads(const PositionRing& ring, std::int64_t position, std::ptrdiff_t count) {
  Tensor<float, 2> block({ring.rows(), count});
  if (!ring.read(position, block.view())) return false;
  for (int row = 0; row < ring.rows(); ++row)
    for (std::ptrdiff_t t = 0; t < count; ++t)
      EXPECT_EQ(block.view()[row][t], mark(row, position + t));
  return true;
}

TEST(PositionRing, GivesBackWhatIsThereAndNothingElse) {
  PositionRing ring(2, 64);
  EXPECT_FALSE(reads(ring, 0, 1));
  EXPECT_TRUE(reads(ring, 0, 0));
  write_counting(ring, 10);
  EXPECT_TRUE(reads(ring, 0, 10));
  EXPECT_TRUE(reads(ring, 7, 3));
  EXPECT_FALSE(reads(ring, 7, 4));
}

TEST(PositionRing, OldSamplesGiveWay) {
  PositionRing ring(1, 64);
  for (int i = 0; i < 50; ++i) write_counting(ring, 7);
  EXPECT_EQ(ring.head(), 350);
  EXPECT_TRUE(reads(ring, 350 - 64, 64));
  EXPECT_FALSE(reads(ring, 350 - 65, 1));
}

TEST(PositionRing, KeepsAtLeastItsCapacity) {
  PositionRing ring(1, 100);
  for (int i = 0; i < 9; ++i) write_counting(ring, 100);
  EXPECT_TRUE(reads(ring, 800, 100));
}

TEST(PositionRing, AJumpLeavesNothingBehind) {
  PositionRing ring(2, 64);
  write_counting(ring, 20);
  ring.jump(30);
  EXPECT_FALSE(reads(ring, 19, 1));
  EXPECT_FALSE(reads(ring, 25, 1));
  write_counting(ring, 5);
  EXPECT_TRUE(reads(ring, 30, 5));
  EXPECT_FALSE(reads(ring, 29, 2));
}

// The reader starts at the brink and takes so long for the first row that the second is often
// overwritten: whatever it is given must carry its own index.
TEST(PositionRing, AReaderThatIsOvertakenIsTold) {
  PositionRing ring(2, 4096);
  std::atomic<bool> stop = false;
  std::thread writer([&] {
    while (!stop) write_counting(ring, 13);
  });
  while (ring.head() < 5000) std::this_thread::yield();
  int refused = 0;
  Tensor<float, 2> block({2, 2000});
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(500);
  while (std::chrono::steady_clock::now() < end) {
    const std::int64_t position = ring.head() - 4090;
    if (!ring.read(position, block.view())) {
      ++refused;
      continue;
    }
    for (int row = 0; row < 2; ++row)
      for (std::ptrdiff_t t = 0; t < 2000 && !::testing::Test::HasFailure(); ++t)
        EXPECT_EQ(block.view()[row][t], mark(row, position + t));
  }
  stop = true;
  writer.join();
  EXPECT_GT(refused, 0);
  EXPECT_TRUE(reads(ring, ring.head() - 4090, 2000));
}

TEST(PositionRing, IsRealtimeSafe) {
  PositionRing ring(2, 256);
  Tensor<float, 2> block({2, 100});
  test::expect_realtime([&] {
    ring.write(block.view());
    ring.read(0, block.view());
    ring.jump(500);
  });
}

}  // namespace
}  // namespace limpid::streaming
