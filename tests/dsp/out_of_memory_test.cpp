// SPDX-License-Identifier: MIT
// Transforms and convolutions where memory runs out: an error, never an exception.
#include <gtest/gtest.h>

#include "lib/dsp/long_conv.h"
#include "lib/dsp/stft.h"
#include "tests/support/failing_new.h"

namespace limpid::dsp {
namespace {

// With room for more and more allocations until it succeeds.
template <class Create>
void expect_errors_until_it_fits(Create create, int at_least) {
  int refusals = 0;
  for (int allocations = 0;; ++allocations) {
    test::allocations_left = allocations;
    const auto made = create();
    test::allocations_left = -1;
    if (made.ok()) break;
    EXPECT_EQ(made.error().code, ErrorCode::out_of_memory);
    ++refusals;
  }
  EXPECT_GE(refusals, at_least);
}

TEST(OutOfMemory, Transforms) {
  expect_errors_until_it_fits([] { return RealFft::create(320); }, 1);
  expect_errors_until_it_fits([] { return RealFft::create(626); }, 9);
  expect_errors_until_it_fits([] { return Analysis::create({320, 160}, 2); }, 3);
  expect_errors_until_it_fits([] { return Synthesis::create({320, 160}, 2); }, 3);
}

TEST(OutOfMemory, ALongConvolutionStillRefusesWrongOperands) {
  const auto plan = LongConvPlan::create({.channels = 1, .samples = 100, .taps = 2});
  ASSERT_TRUE(plan.ok());
  Tensor<float, 2> taps({1, 2});
  const auto filter = LongConvFilter::create(*plan, taps.view());
  ASSERT_TRUE(filter.ok());
  auto conv = LongConv::open(*filter);
  ASSERT_TRUE(conv.ok());
  Tensor<float, 3> u({1, 2, 100});
  test::allocations_left = 0;
  const auto done = conv->process(u.view(), u.view());
  test::allocations_left = -1;
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().code, ErrorCode::invalid_argument);
}

}  // namespace
}  // namespace limpid::dsp
