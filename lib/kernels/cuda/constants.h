// SPDX-License-Identifier: MIT
// From a size at run time to what was compiled for it.
#pragma once

#include <type_traits>

namespace limpid::kernels::cuda {

// f(a constant of the same value), kFirst <= value <= kLast.
template <int kFirst, int kLast, class F>
auto with_constant(int value, F f) {
  if constexpr (kFirst < kLast)
    if (value != kFirst) return with_constant<kFirst + 1, kLast>(value, f);
  return f(std::integral_constant<int, kFirst>{});
}

}  // namespace limpid::kernels::cuda
