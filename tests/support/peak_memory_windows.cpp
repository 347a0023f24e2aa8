// SPDX-License-Identifier: MIT
#include <windows.h>  // before what is made of it

#include <psapi.h>

#include "tests/support/peak_memory.h"

std::int64_t limpid::test::peak_memory() noexcept {
  PROCESS_MEMORY_COUNTERS counters{};
  GetProcessMemoryInfo(GetCurrentProcess(), &counters, sizeof counters);
  return static_cast<std::int64_t>(counters.PeakWorkingSetSize);
}
