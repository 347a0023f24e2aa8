// SPDX-License-Identifier: MIT
// Positive controls: the guard must see what it is there to see, or its silence means nothing.
// These are the ways of C++; glibc_test.cpp goes through the functions below them.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <memory>
#include <mutex>
#include <new>
#include <semaphore>
#include <shared_mutex>
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

// Keeps the compiler from removing an allocation whose block nobody uses.
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
  const auto counts = run([&] {
    numbers.push_back(1);
    sink = numbers.data();
  });
  EXPECT_GE(counts.allocations, 1);
}

TEST_F(RealtimeGuard, SeesLocks) {
  std::mutex mutex;
  std::timed_mutex timed;
  std::shared_mutex shared;
  EXPECT_EQ(run([&] { std::lock_guard lock(mutex); }).locks, 1);
  EXPECT_EQ(run([&] { std::unique_lock lock(timed, std::chrono::seconds(1)); }).locks, 1);
  EXPECT_EQ(run([&] { std::shared_lock lock(shared); }).locks, 1);
  EXPECT_EQ(run([&] { std::unique_lock lock(shared); }).locks, 1);
}

TEST_F(RealtimeGuard, SeesSleeps) {
  EXPECT_EQ(run([] { std::this_thread::sleep_for(std::chrono::microseconds(1)); }).waits, 1);
  EXPECT_EQ(run([] { std::this_thread::yield(); }).waits, 1);
}

TEST_F(RealtimeGuard, SeesAConditionVariable) {
  std::mutex mutex;
  std::condition_variable condition;
  std::unique_lock lock(mutex);
  EXPECT_EQ(run([&] { condition.notify_one(); }).waits, 1);
  EXPECT_EQ(run([&] { condition.notify_all(); }).waits, 1);
  EXPECT_EQ(run([&] { condition.wait_for(lock, std::chrono::microseconds(1)); }).waits, 1);
  std::atomic<bool> woken = false;
  std::thread other([&] {
    while (!woken) condition.notify_all();
  });
  EXPECT_EQ(run([&] { condition.wait(lock); }).waits, 1);
  woken = true;
  other.join();
}

// With a limit, so that the test needs no second thread; acquire() waits in the same way. A
// semaphore that is free and one that nobody waits for are numbers: nothing to see.
TEST_F(RealtimeGuard, SeesAWaitForASemaphore) {
  std::binary_semaphore semaphore(0);
  EXPECT_GE(run([&] { (void)semaphore.try_acquire_for(std::chrono::milliseconds(1)); }).waits, 1);
}

TEST_F(RealtimeGuard, SeesTheWakingOfAnAtomicsWaiters) {
  std::atomic<int> number = 0;
  std::thread other([&] { number.wait(0); });
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  int waits = 0;  // none before the other thread does wait
  while (waits == 0 && std::chrono::steady_clock::now() < end)
    waits = run([&] { number.notify_all(); }).waits;
  EXPECT_GE(waits, 1);
  number = 1;
  number.notify_one();
  other.join();
}

TEST_F(RealtimeGuard, SeesStreams) {
  EXPECT_GE(run([] { std::cerr << "deliberate output of a test\n"; }).io, 1);
  std::ofstream file;
  EXPECT_GE(run([&] { file.open("/dev/null"); }).io, 1);
  EXPECT_GE(run([&] { file << "text" << std::flush; }).io, 1);
  EXPECT_GE(run([&] { file.close(); }).io, 1);
  std::ifstream zeros("/dev/zero");
  EXPECT_GE(run([&] { zeros.get(); }).io, 1);
}

TEST_F(RealtimeGuard, LeavesOtherThreadsAlone) {
  std::atomic<bool> counting = false, done = false;
  std::thread other([&] {
    while (!counting) std::this_thread::yield();
    sink = std::malloc(1);
    std::free(sink);
    done = true;
  });
  const auto counts = run([&] {
    counting = true;
    while (!done) continue;
  });
  other.join();
  EXPECT_EQ(counts.total(), 0) << counts.describe();
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
