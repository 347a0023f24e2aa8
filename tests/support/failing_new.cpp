// SPDX-License-Identifier: MIT
#include "tests/support/failing_new.h"

#include <cstdlib>
#include <new>

int limpid::test::allocations_left = -1;

void* operator new(std::size_t size) {
  using limpid::test::allocations_left;
  if (allocations_left == 0) throw std::bad_alloc();
  if (allocations_left > 0) --allocations_left;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
