// SPDX-License-Identifier: MIT
// The polynomial that stands for GELU where products are coarse.
#include "lib/kernels/cuda/gelu.h"

#include <gtest/gtest.h>

#include <cmath>

namespace limpid::kernels::cuda {
namespace {

// What the polynomial and 11 bits of tanh lose: far from where the first turns round, and there.
TEST(CudaGelu, CoarseGeluIsGelu) {
  for (float v = -30; v < 30; v += 1e-3f)
    ASSERT_NEAR(coarse_gelu(v), 0.5 * double{v} * (1 + std::erf(double{v} / std::sqrt(2.0))),
                2.7e-5 + 0x1p-12 * std::abs(v));
  EXPECT_EQ(coarse_gelu(0.0f), 0.0f);
  for (const float far : {50.0f, 1e4f, 1e30f}) {
    EXPECT_EQ(coarse_gelu(far), far);
    EXPECT_EQ(coarse_gelu(-far), 0.0f);
  }
}

}  // namespace
}  // namespace limpid::kernels::cuda
