// SPDX-License-Identifier: MIT
#include "lib/base/arena.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>

#include "tests/support/failing_new.h"

namespace limpid {
namespace {

TEST(Arena, ClaimsAreZeroAlignedAndApart) {
  Arena arena;
  const auto small = arena.claim<float>(3), none = arena.claim<float>(0);
  const auto large = arena.claim<double>(100'000);
  EXPECT_TRUE(none.empty());
  for (const void* begin : {static_cast<void*>(small.data()), static_cast<void*>(large.data())})
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(begin) % kAlignment, 0u);
  std::ranges::fill(small, 1.0f);
  EXPECT_TRUE(std::ranges::all_of(large, [](double value) { return value == 0; }));
  EXPECT_EQ(arena.used(), kAlignment + 800'000);
  EXPECT_THROW(arena.claim<float>(SIZE_MAX / 2), std::bad_alloc);
}

// With the address sanitizer this also tells whether the block was freed.
TEST(Arena, HasNothingOfAClaimThatFailed) {
  Arena arena;
  test::allocations_left = 0;  // the list of blocks cannot grow
  EXPECT_THROW(arena.claim<float>(3), std::bad_alloc);
  test::allocations_left = -1;
  EXPECT_EQ(arena.used(), 0u);
  EXPECT_EQ(arena.claim<float>(3)[2], 0.0f);
}

#if LIMPID_CLAIMS_APART
TEST(ArenaDeathTest, AddressSanitizerSeesWhoWritesBeyondAClaim) {
  Arena arena;
  volatile float* first = arena.claim<float>(3).data();
  const auto second = arena.claim<float>(3);
  EXPECT_DEATH(first[3] = 1.0f, "heap-buffer-overflow");
  EXPECT_EQ(second[0], 0.0f);
}
#endif

}  // namespace
}  // namespace limpid
