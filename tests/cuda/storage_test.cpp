// SPDX-License-Identifier: MIT
// Sixteen-bit samples by bits: every value there and back, roundings at the edges of their ranges.
#include "lib/kernels/cuda/storage.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace limpid::kernels::cuda {
namespace {

template <class T>
float rounded(float value) {
  T stored;
  from_float(value, stored);
  return to_float(stored);
}

TEST(CudaStorage, EveryHalfComesBack) {
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    const Half half{static_cast<std::uint16_t>(bits)};
    const float value = to_float(half);
    if ((bits & 0x7fffu) > 0x7c00u) {
      EXPECT_TRUE(std::isnan(value)) << bits;
      EXPECT_TRUE(std::isnan(rounded<Half>(value))) << bits;
      continue;
    }
    // The definition: sign, (1 or 0).fraction, exponent.
    const int exponent = static_cast<int>(bits >> 10 & 31u);
    const auto fraction = static_cast<double>(bits & 1023u);
    const double magnitude = exponent == 31  ? std::numeric_limits<double>::infinity()
                             : exponent == 0 ? std::ldexp(fraction, -24)
                                             : std::ldexp(1024 + fraction, exponent - 25);
    EXPECT_EQ(value, static_cast<float>((bits & 0x8000u) != 0 ? -magnitude : magnitude)) << bits;
    Half again;
    from_float(value, again);
    EXPECT_EQ(again.bits, bits);
  }
}

TEST(CudaStorage, HalfRoundsToNearestEven) {
  for (std::uint32_t bits = 0; bits < 0x7bff; ++bits) {
    const float low = to_float(Half{static_cast<std::uint16_t>(bits)});
    const float high = to_float(Half{static_cast<std::uint16_t>(bits + 1)});
    const float middle = low + (high - low) / 2;  // exact
    EXPECT_EQ(rounded<Half>(middle), bits % 2 == 0 ? low : high) << bits;
    EXPECT_EQ(rounded<Half>(std::nextafter(middle, 0.0f)), low) << bits;
    EXPECT_EQ(rounded<Half>(std::nextafter(middle, 1e9f)), high) << bits;
  }
  EXPECT_EQ(rounded<Half>(65519.9f), 65504.0f);
  EXPECT_TRUE(std::isinf(rounded<Half>(65520.0f)));
  EXPECT_TRUE(std::isinf(rounded<Half>(-1e20f)));
}

TEST(CudaStorage, BFloatRoundsToNearestEven) {
  EXPECT_EQ(rounded<BFloat>(1.0f), 1.0f);
  EXPECT_EQ(rounded<BFloat>(1.0f + 0x1p-8f), 1.0f);                // a tie, to even
  EXPECT_EQ(rounded<BFloat>(1.0f + 3 * 0x1p-8f), 1.0f + 0x1p-6f);  // a tie, to even
  EXPECT_EQ(rounded<BFloat>(1.0f + 0x1p-8f + 0x1p-20f), 1.0f + 0x1p-7f);
  EXPECT_EQ(rounded<BFloat>(-3.0e38f), -rounded<BFloat>(3.0e38f));
  EXPECT_TRUE(std::isinf(rounded<BFloat>(std::numeric_limits<float>::max())));
  EXPECT_TRUE(std::isnan(rounded<BFloat>(std::numeric_limits<float>::quiet_NaN())));
}

}  // namespace
}  // namespace limpid::kernels::cuda
