// SPDX-License-Identifier: MIT
// Convolutions whose stages of radix 16 are done by tensor cores: their products as cards form
// them, and the precision that is left of three products of bfloat16.
#include <gtest/gtest.h>

#include "lib/kernels/cuda/constants.h"
#include "lib/kernels/cuda/conv_plan.h"
#include "lib/kernels/cuda/fused_conv.h"
#include "tests/cuda/conv_fixture.h"

namespace limpid::kernels::cuda {
namespace {

TEST(CudaTensorConv, SplitsNumbersOfAnyLevel) {
  for (const float level : {1.0f, 1e-4f, 1e20f, 1e-30f}) {
    for (const float x : stored_noise<float>(100, 1, level)) {
      const SplitPair pair = split_pair(x, -x);
      const float sum = to_float(BFloat{static_cast<std::uint16_t>(pair.high)}) +
                        to_float(BFloat{static_cast<std::uint16_t>(pair.low)});
      EXPECT_NEAR(sum, x, std::abs(x) * 0x1p-16f);
      EXPECT_EQ(pair.high >> 16, (pair.high & 0xffffu) ^ 0x8000u);
    }
  }
}

TEST(CudaTensorConv, SumsAreCutAsCardsCutThem) {
  float a[16] = {}, b[16] = {};
  EXPECT_EQ(tensor_sum(1.5f, a, b), 1.5f);
  a[3] = 1, b[3] = 0x1p-24f;  // below the last bit of what it is added to
  EXPECT_EQ(tensor_sum(1.0f, a, b), 1.0f);
  a[4] = 1, b[4] = 0x1p-24f;  // and another: two of them would be one bit
  EXPECT_EQ(tensor_sum(1.0f, a, b), 1.0f);
  EXPECT_EQ(tensor_sum(0.0f, a, b), 0x1p-23f);
  b[3] = b[4] = -0x1p-23f;
  EXPECT_EQ(tensor_sum(1.0f, a, b), 1 - 0x1p-22f);
}

// A warp's 8 transforms against those in registers.
TEST(CudaTensorConv, TransformsOfAWarp) {
  const auto fragments = dft_fragments();
  DftFragments f[32];
  std::copy(fragments.begin(), fragments.end(), f);
  const auto noise = stored_noise<float>(2 * 16 * 8, 5);
  const auto value = [&](int leg, int column) {
    const auto at = static_cast<std::size_t>(2 * (leg * 8 + column));
    return Complex{noise[at], noise[at + 1]};
  };
  Complex v[32][4];
  for (int lane = 0; lane < 32; ++lane)
    for (int e = 0; e < 4; ++e) v[lane][e] = value(lane % 4 * 2 + e % 2 + e / 2 * 8, lane / 4);
  tensor_dft(v, f);
  std::vector<double> got, want;
  for (int column = 0; column < 8; ++column) {
    Complex x[16];
    for (int leg = 0; leg < 16; ++leg) x[leg] = value(leg, column);
    dft<16>(x);
    for (int k = 0; k < 16; ++k) {
      const Complex y = v[k % 8 * 4 + column / 2][k / 8 * 2 + column % 2];
      got.insert(got.end(), {double{y.re}, double{y.im}});
      want.insert(want.end(), {double{x[k].re}, double{x[k].im}});
    }
  }
  EXPECT_GE(snr(got, want), 105);
}

template <class T>
void check(const LongConvSpec& spec, bool gated, float level, double least) {
  const ConvData<T> data(spec, gated, level);
  const auto plan = plan_conv(data.spec);
  ASSERT_TRUE(plan) << plan.error().message;
  std::vector<T> y(data.u.size());
  with_constant<kLogLeastTensor, kLogMostTensor>(plan->log_complex(), [&](auto log_size) {
    const auto twiddles = fft_twiddles<log_size>();
    const SpectrumTables spectrum = spectrum_tables<log_size>();
    const auto fragments = dft_fragments();
    RowTables tables{twiddles.data(), spectrum.pairs.data(), spectrum.pair_roots.data(),
                     spectrum.column_roots.data()};
    tables.fragments = fragments.data();
    std::vector<Complex> spectra(static_cast<std::size_t>(spec.channels * plan->points / 2));
    emulate<FusedFilter<log_size>>({{data.filters.data(), nullptr, nullptr, nullptr, 1,
                                     spec.channels, spec.taps, plan->filter},
                                    spectra.data(),
                                    tables});
    emulate<TensorConv<T, log_size>>({{data.u.data(), data.in(), data.out(), y.data(), spec.lanes,
                                       spec.channels, spec.length, plan->row},
                                      spectra.data(),
                                      tables});
  });
  EXPECT_GE(data.snr_of(y), least) << data.name() << ", level " << level;
}

TEST(CudaTensorConv, NinetyDecibelAtAnyLevel) {
  for (const float level : {1.0f, 1e-2f, 1e-4f}) {
    check<float>({.length = 2048, .taps = 2000}, false, level, 90);
    check<float>({.length = 8192, .taps = 8192, .circular = true}, true, level, 90);
  }
  check<float>({.lanes = 2, .length = 8192, .taps = 8192}, false, 1.0f, 90);
  check<Half>({.length = 4096, .taps = 4000}, true, 1.0f, 60);
}

TEST(CudaTensorConv, SaysWhatItCannotDo) {
  const auto method = LongConvSpec::Method::tensor;
  const auto refused = [](const LongConvSpec& spec) {
    const auto plan = plan_conv(spec);
    return !plan.ok() && plan.error().code == ErrorCode::unsupported;
  };
  EXPECT_TRUE(refused({.length = 9000, .taps = 9000, .method = method}));
  EXPECT_TRUE(refused({.length = 4096, .taps = 9, .kept = {1, 0}, .method = method}));
  EXPECT_EQ(plan_conv({.length = 100, .taps = 9, .method = method})->points, kLeastTensorPoints);
  EXPECT_GT(plan_conv({.length = 100000, .taps = 900, .method = method})->row.segments, 1);
}

}  // namespace
}  // namespace limpid::kernels::cuda
