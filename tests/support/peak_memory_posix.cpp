// SPDX-License-Identifier: MIT
#include <sys/resource.h>

#include "tests/support/peak_memory.h"

std::int64_t limpid::test::peak_memory() noexcept {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return std::int64_t{usage.ru_maxrss} * 1024;  // as Linux counts
}
