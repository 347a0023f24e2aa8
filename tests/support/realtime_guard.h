// SPDX-License-Identifier: MIT
// expect_realtime(lambda) fails a test when the lambda allocates, frees, locks, waits or does I/O.
// Link limpid_realtime_guard: it replaces malloc and friends of the whole program by versions that
// count while the calling thread is inside a RealtimeScope.
#pragma once

#include <gtest/gtest.h>

#include <string>

namespace limpid::test {

struct RealtimeCounts {
  int allocations = 0;  // malloc, calloc, realloc, aligned_alloc, posix_memalign, operator new
  int frees = 0;        // free, operator delete; free(nullptr) counts, it is a sign of ownership
  int locks = 0;        // pthread mutex and rwlock, also when free
  int waits = 0;        // condition variables, semaphores, sleeps
  int writes = 0;       // write, fwrite, fputs, puts, printf, fprintf; so also iostreams
  int total() const { return allocations + frees + locks + waits + writes; }
  std::string describe() const;  // "2 allocations, 1 lock"
};

// False under address, thread and memory sanitizers, which own malloc, and outside glibc.
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
