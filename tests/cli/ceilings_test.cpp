// SPDX-License-Identifier: MIT
#include "examples/limpid/ceilings.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace limpid::cli {
namespace {

TEST(Ceilings, SayHowMuchOfTheCardARunReaches) {
  const kernels::cuda::Ceilings most{60e12, 4e12};
  const GpuWork work{15e12, 0.5e12};
  EXPECT_EQ(as_text(work, most), "25.0 % of 60.0 TFLOP/s, at least 12.5 % of 4000 GB/s");
  EXPECT_EQ(as_json(work, most)["flops_ceiling"], 60e12);
  EXPECT_EQ(as_json(work, most)["bytes_at_least"], 0.5e12);
}

TEST(Ceilings, NeedACard) {
  const auto ceilings = ceilings_of(1 << 20);
  ASSERT_FALSE(ceilings);
  EXPECT_EQ(ceilings.error().code, ErrorCode::device);
}

}  // namespace
}  // namespace limpid::cli
