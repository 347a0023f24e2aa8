// SPDX-License-Identifier: MIT
// Networks count channels, bands and frames in ints, memory in std::size_t.
#pragma once

#include <cstddef>

namespace limpid::models {

inline std::size_t size(int n) noexcept {
  return static_cast<std::size_t>(n);
}

inline std::size_t floats(int rows, int columns) noexcept {
  return size(rows) * size(columns);
}

}  // namespace limpid::models
