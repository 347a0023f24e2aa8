// SPDX-License-Identifier: MIT
#include "streaming/position_ring.h"

#include <gtest/gtest.h>

#include <atomic>
#include <numeric>
#include <thread>

#include "tests/support/realtime_guard.h"

namespace limpid::streaming {
namespace {

// Row r of sample p is p + 1000 r: every sample tells its index.
void write_counting(PositionRing& ring, std::ptrdiff_t count) {
  Tensor<float, 2> block({ring.rows(), count});
  for (int row = 0; row < ring.rows(); ++row)
    std::iota(block.view()[row].span().begin(), block.view()[row].span().end(),
              static_cast<float>(ring.head() + 1000 * row));
  ring.write(block.view());
}

bool reads(const PositionRing& ring, std::int64_t position, std::ptrdiff_t count) {
  Tensor<float, 2> block({ring.rows(), count});
  if (!ring.read(position, block.view())) return false;
  for (int row = 0; row < ring.rows(); ++row)
    for (std::ptrdiff_t t = 0; t < count; ++t)
      EXPECT_EQ(block.view()[row][t], static_cast<float>(position + t + 1000 * row));
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

// A reader that is too slow on purpose: whatever it is given must carry its own index.
TEST(PositionRing, AReaderThatIsOvertakenIsTold) {
  PositionRing ring(2, 4096);
  std::atomic<bool> done = false;
  std::thread writer([&] {
    for (int i = 0; i < 100000; ++i) {
      write_counting(ring, 13);
      if (i % 1000 == 500) ring.jump(ring.head() + 5);
    }
    done = true;
  });
  int good = 0;
  Tensor<float, 2> block({2, 200});
  for (bool last = false; !last;) {
    last = done;
    const std::int64_t position = std::max<std::int64_t>(ring.head() - 4090, 0);
    if (!ring.read(position, block.view())) continue;
    ++good;
    for (std::ptrdiff_t t = 0; t < 200; ++t) {
      ASSERT_EQ(block.view()[0][t], static_cast<float>(position + t));
      ASSERT_EQ(block.view()[1][t], static_cast<float>(position + t + 1000));
    }
  }
  writer.join();
  EXPECT_GT(good, 0);
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
