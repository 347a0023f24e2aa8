// SPDX-License-Identifier: MIT
// Positive controls: the guard must see what it is there to see, or its silence means nothing.
#include <gtest/gtest.h>
#include <semaphore.h>

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "tests/support/realtime_guard.h"

namespace limpid::test {
namespace {

class RealtimeGuard : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!realtime_guard_available()) GTEST_SKIP() << "no real-time guard in this build";
  }

  template <class Body>
  static RealtimeCounts run(Body&& body) {
    RealtimeScope scope;
    body();
    return scope.counts();
  }
};

// Keeps the compiler from removing a pair of malloc and free.
void* volatile sink;

TEST_F(RealtimeGuard, SeesMallocAndFree) {
  const auto counts = run([] {
    sink = std::malloc(100);
    std::free(sink);
  });
  EXPECT_EQ(counts.allocations, 1);
  EXPECT_EQ(counts.frees, 1);
}

TEST_F(RealtimeGuard, SeesEveryWayToAllocate) {
  std::vector<void*> blocks(6);
  const auto counts = run([&] {
    blocks[0] = std::calloc(3, 5);
    blocks[1] = std::realloc(nullptr, 70);
    blocks[2] = std::aligned_alloc(64, 128);
    if (posix_memalign(&blocks[3], 64, 128) != 0) blocks[3] = nullptr;
    blocks[4] = ::operator new(40);
    blocks[5] = ::operator new (40, std::align_val_t{64});
  });
  EXPECT_EQ(counts.allocations, 6);
  ::operator delete (blocks[5], std::align_val_t{64});
  ::operator delete(blocks[4]);
  for (int i = 0; i < 4; ++i) std::free(blocks[static_cast<std::size_t>(i)]);
}

TEST_F(RealtimeGuard, SeesAGrowingVector) {
  std::vector<int> numbers;
  EXPECT_GE(run([&] { numbers.push_back(1); }).allocations, 1);
}

TEST_F(RealtimeGuard, SeesLocks) {
  std::mutex mutex;
  EXPECT_EQ(run([&] { std::lock_guard lock(mutex); }).locks, 1);
}

TEST_F(RealtimeGuard, SeesWaits) {
  std::mutex mutex;
  std::condition_variable condition;
  sem_t semaphore;
  sem_init(&semaphore, 0, 1);
  const auto counts = run([&] {
    sem_wait(&semaphore);
    std::this_thread::sleep_for(std::chrono::microseconds(1));
    condition.notify_one();
    std::unique_lock lock(mutex);
    condition.wait_for(lock, std::chrono::microseconds(1));
  });
  sem_destroy(&semaphore);
  EXPECT_GE(counts.waits, 3);
}

TEST_F(RealtimeGuard, SeesOutput) {
  const auto counts = run([] {
    std::fputs("deliberate output of a test\n", stderr);
    std::fprintf(stderr, "number %d\n", 2);
    std::cerr << "number 3\n";
  });
  EXPECT_GE(counts.writes, 3) << counts.describe();
}

TEST_F(RealtimeGuard, LeavesOtherThreadsAlone) {
  const auto counts = run([] {});
  std::thread other([] { sink = std::malloc(1), std::free(sink); });
  other.join();
  EXPECT_EQ(counts.total(), 0);
}

TEST_F(RealtimeGuard, DescribesWhatItSaw) {
  RealtimeCounts counts;
  counts.allocations = 2;
  counts.locks = 1;
  EXPECT_EQ(counts.describe(), "2 allocations, 1 lock");
}

TEST(ExpectRealtime, AcceptsArithmetic) {
  float sum = 0;
  expect_realtime([&] {
    for (int i = 0; i < 100; ++i) sum += static_cast<float>(i);
  });
  EXPECT_EQ(sum, 4950.0f);
}

}  // namespace
}  // namespace limpid::test
