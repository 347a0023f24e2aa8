// SPDX-License-Identifier: MIT
// Causal rows of up to half a transform: what their silent half saves, counted.
#include <gtest/gtest.h>

#include "tests/cuda/host_conv.h"

namespace limpid::kernels::cuda {

// A number that counts what is done with it.
struct CountedReal {
  float value;
  static inline int operations = 0;

  friend CountedReal operator+(CountedReal a, CountedReal b) {
    return ++operations, CountedReal{a.value + b.value};
  }
  friend CountedReal operator-(CountedReal a, CountedReal b) {
    return ++operations, CountedReal{a.value - b.value};
  }
  friend CountedReal operator*(CountedReal a, CountedReal b) {
    return ++operations, CountedReal{a.value * b.value};
  }
  friend CountedReal operator-(CountedReal a) { return {-a.value}; }  // part of an addition
};

// A sample that counts how often it is read and written.
struct CountedSample {
  float value;
  static inline std::int64_t reads = 0, writes = 0;
};
inline float to_float(CountedSample x) {
  ++CountedSample::reads;
  return x.value;
}
inline void from_float(float value, CountedSample& x) {
  ++CountedSample::writes;
  x.value = value;
}

namespace {

// `given` values and zeros.
template <int R>
void fill(ComplexOf<CountedReal> (&v)[R], int given) {
  for (int n = 0; n < R; ++n) {
    const auto re = static_cast<float>(n * n % 19 - 7), im = static_cast<float>(n * 5 % 13 - 6);
    v[n] = n < given ? ComplexOf<CountedReal>{{re}, {im}} : ComplexOf<CountedReal>{};
  }
}

// Additions and multiplications of a transform that gives the first kWanted results of a whole one.
template <int R, int kGiven, int kWanted>
int operations() {
  ComplexOf<CountedReal> whole[R], part[R];
  fill(whole, kGiven);
  fill(part, kGiven);
  dft<R>(whole);
  CountedReal::operations = 0;
  dft<R, kGiven, kWanted>(part);
  for (int k = 0; k < kWanted; ++k) {
    EXPECT_EQ(part[k].re.value, whole[k].re.value) << R << " " << k;
    EXPECT_EQ(part[k].im.value, whole[k].im.value) << R << " " << k;
  }
  return CountedReal::operations;
}

TEST(CudaHalfRow, FirstAndLastButterfliesAreSmaller) {
  EXPECT_EQ((operations<8, 8, 8>()), 56);
  EXPECT_EQ((operations<8, 4, 8>()), 40);
  EXPECT_EQ((operations<8, 8, 4>()), 48);
  EXPECT_EQ((operations<16, 16, 16>()), 168);
  EXPECT_EQ((operations<16, 8, 16>()), 136);
  EXPECT_EQ((operations<16, 16, 8>()), 152);
  EXPECT_EQ((operations<32, 32, 32>()), 464);
  EXPECT_EQ((operations<32, 16, 32>()), 400);
  EXPECT_EQ((operations<32, 32, 16>()), 432);
}

void check_traffic(std::int64_t length, bool circular, bool half) {
  ConvData<CountedSample> data({.length = length, .taps = length, .circular = circular}, true);
  const auto plan = plan_conv(data.spec);
  ASSERT_TRUE(plan);
  ASSERT_EQ(plan->row.half != 0, half) << length;
  std::vector<CountedSample> y(data.u.size());
  CountedSample::reads = CountedSample::writes = 0;
  host_conv(data, *plan, y.data());
  EXPECT_EQ(CountedSample::reads, 3 * length);  // u and the gates, once
  EXPECT_EQ(CountedSample::writes, length);
  EXPECT_GE(data.snr_of(y), 120) << data.name();
}

// One kernel, three kernels; odd rows; rows beyond half of the transform.
TEST(CudaHalfRow, NothingIsReadOrWrittenTwice) {
  for (const std::int64_t length : {128, 500, 1021, 16384, 32768, 40001})
    check_traffic(length, false, true);
  for (const std::int64_t length : {256, 65536}) check_traffic(length, true, false);
}

TEST(CudaHalfRow, IsNotAssumedOfOtherRows) {
  const auto half = [](const LongConvSpec& spec) { return plan_conv(spec)->row.half != 0; };
  EXPECT_TRUE(half({.length = 4096, .taps = 4097}));
  EXPECT_TRUE(half({.length = 4000, .taps = 3000}));
  EXPECT_FALSE(half({.length = 4000, .taps = 90}));     // in one transform of 4096, nearly full
  EXPECT_FALSE(half({.length = 90000, .taps = 1000}));  // in segments
  EXPECT_FALSE(half({.length = 4000, .taps = 3000, .circular = true}));
}

}  // namespace
}  // namespace limpid::kernels::cuda
