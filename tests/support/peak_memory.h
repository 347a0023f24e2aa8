// SPDX-License-Identifier: MIT
// Bytes of memory that this process has held at once at most, so far. Link limpid_peak_memory.
#pragma once

#include <cstdint>

namespace limpid::test {

std::int64_t peak_memory() noexcept;

}  // namespace limpid::test
