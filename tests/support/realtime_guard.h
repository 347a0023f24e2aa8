// SPDX-License-Identifier: MIT
// expect_realtime(lambda) fails a test when the lambda allocates, frees, locks, waits or does I/O.
// Link limpid_realtime_guard: it replaces malloc and friends of the whole program by versions that
// count while the calling thread is inside a RealtimeScope.
#pragma once

#include <gtest/gtest.h>

#include <string>

namespace limpid::test {

// Calls of glibc's functions, whoever in the program makes them but glibc itself, whose inner calls
// nobody sees.
struct RealtimeCounts {
  // malloc, calloc, realloc, aligned_alloc, memalign, posix_memalign; so also operator new
  int allocations = 0;
  // free, also of nullptr: it is a sign of ownership; so also operator delete
  int frees = 0;
  // pthread mutexes and read-write locks: (try|timed|clock)lock, also when free
  int locks = 0;
  // pthread_cond_*, sem_*, sleeps, sched_yield and syscall(SYS_futex), which is how std::atomic and
  // std::counting_semaphore wait and wake those who wait
  int waits = 0;
  // read, write, writev, open, openat, close and the usual functions of stdio; so also iostreams
  int io = 0;
  // syscall() with any other number
  int syscalls = 0;
  int total() const { return allocations + frees + locks + waits + io + syscalls; }
  std::string describe() const;  // "2 allocations, 1 lock"
};

// False under address and thread sanitizers, which own malloc, and outside glibc.
bool realtime_guard_available() noexcept;

// Counts what the constructing thread does until destruction. Scopes do not nest.
class RealtimeScope {
 public:
  RealtimeScope() noexcept;
  ~RealtimeScope();
  RealtimeScope(const RealtimeScope&) = delete;
  RealtimeScope& operator=(const RealtimeScope&) = delete;
  RealtimeCounts counts() const noexcept;
};

// Runs `body` in every build; where the guard cannot count, the test ends up as SKIPPED.
template <class Body>
void expect_realtime(Body&& body) {
  RealtimeCounts counts;
  {
    RealtimeScope scope;
    body();
    counts = scope.counts();
  }
  if (!realtime_guard_available())
    GTEST_SKIP()
        << "no real-time guard in this build (sanitizer, or not glibc): body ran uncounted";
  EXPECT_EQ(counts.total(), 0) << "not real-time safe: " << counts.describe();
}

}  // namespace limpid::test
