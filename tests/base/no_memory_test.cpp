// SPDX-License-Identifier: MIT
#include "lib/base/no_memory.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "tests/support/failing_new.h"

namespace limpid {
namespace {

TEST(NoMemory, IsAnErrorOfWhateverAskedForIt) {
  const auto made = [] {
    return unless_out_of_memory(
        []() -> Result<std::unique_ptr<int>> { return std::make_unique<int>(3); });
  };
  EXPECT_EQ(**made(), 3);
  test::allocations_left = 0;
  const auto refused = made();  // and its message needs none
  test::allocations_left = -1;
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::out_of_memory);
}

TEST(NoMemory, MoreThanThereCouldBeIsNoneEither) {
  std::vector<double> values;
  const Status resized = unless_out_of_memory([&]() -> Status {
    values.resize(values.max_size() + 1);
    return Done{};
  });
  ASSERT_FALSE(resized);
  EXPECT_EQ(resized.error().code, ErrorCode::out_of_memory);
}

TEST(NoMemory, OtherErrorsPass) {
  const Status own = unless_out_of_memory([]() -> Status { return Error{ErrorCode::io, "mine"}; });
  EXPECT_EQ(own.error().code, ErrorCode::io);
  EXPECT_THROW((void)unless_out_of_memory([]() -> Status { throw 7; }), int);
}

}  // namespace
}  // namespace limpid
