// SPDX-License-Identifier: MIT
#include "lib/base/thread_team.h"

#include <gtest/gtest.h>

#include <numeric>

namespace limpid {
namespace {

TEST(ThreadTeam, EveryPieceIsDoneOnceBeforeTheJobReturns) {
  for (int threads : {1, 2, 3, 7}) {
    ThreadTeam team(threads);
    ASSERT_EQ(team.size(), threads);
    for (int count : {0, 1, 2, 5, 1000}) {
      std::vector<int> done(static_cast<std::size_t>(count));  // no lock: pieces have their own
      team.each(count, [&](int, int piece) { ++done[static_cast<std::size_t>(piece)]; });
      EXPECT_EQ(std::accumulate(done.begin(), done.end(), 0), count);
      for (const int times : done) ASSERT_EQ(times, 1);
    }
  }
}

// What belongs to a worker needs no lock either: scratch, sums.
TEST(ThreadTeam, AWorkerDoesOnePieceAtATime) {
  ThreadTeam team(4);
  std::vector<long> sums(4);
  for (int job = 0; job < 200; ++job)
    team.each(50, [&](int worker, int piece) { sums[static_cast<std::size_t>(worker)] += piece; });
  EXPECT_EQ(std::accumulate(sums.begin(), sums.end(), 0L), 200L * 49 * 50 / 2);
}

TEST(ThreadTeam, EveryThreadRunsOnce) {
  ThreadTeam team(5);
  for (int job = 0; job < 200; ++job) {
    std::vector<int> runs(5);
    team.run([&](int thread) { ++runs[static_cast<std::size_t>(thread)]; });
    for (const int times : runs) ASSERT_EQ(times, 1);
  }
}

TEST(ThreadTeam, LeavesWithoutHavingWorked) {
  const ThreadTeam idle(3);
}

}  // namespace
}  // namespace limpid
