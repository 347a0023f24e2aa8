// SPDX-License-Identifier: MIT
// Memory that ends, as an Error.
#pragma once

#include <new>
#include <stdexcept>
#include <type_traits>

#include "limpid/result.h"

namespace limpid {

inline Error no_memory() {
  return {ErrorCode::out_of_memory, "no memory left"};  // short enough to need none
}

// What `function` returns, a Result; no_memory() where it asks for memory that there is not, or,
// with std::length_error, for more than there could be.
template <class Function>
auto unless_out_of_memory(Function&& function) -> std::invoke_result_t<Function> {
  try {
    return function();
  } catch (const std::bad_alloc&) {
    return no_memory();
  } catch (const std::length_error&) {
    return no_memory();
  }
}

}  // namespace limpid
