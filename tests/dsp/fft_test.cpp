// SPDX-License-Identifier: MIT
// The real transform, with whichever library is behind it: CMake makes a program of each that is
// there.
#include "lib/dsp/fft.h"

#include <gtest/gtest.h>

#include <numbers>

#include "tests/kernels/every_target.h"
#include "tests/support/realtime_guard.h"

#ifndef LIMPID_FFT_SUITE
#define LIMPID_FFT_SUITE Fft
#endif

namespace limpid::dsp {
namespace {

using kernels::noise;

TEST(LIMPID_FFT_SUITE, MatchesTheDefinition) {
  for (int size : {2, 4, 6, 10, 14, 22, 34, 74, 160, 220, 320, 442, 626, 882, 1906}) {
    auto fft = RealFft::create(size);
    ASSERT_TRUE(fft);
    const auto x = noise(static_cast<std::size_t>(size), 1);
    std::ranges::copy(x, fft->time().begin());
    fft->forward();
    for (int k = 0; k <= size / 2; ++k) {
      std::complex<double> sum = 0;
      for (int n = 0; n < size; ++n)
        sum += static_cast<double>(x[static_cast<std::size_t>(n)]) *
               std::polar(1.0, -2 * std::numbers::pi * k * n / size);
      const cfloat got = fft->spectrum()[static_cast<std::size_t>(k)];
      EXPECT_NEAR(got.real(), sum.real(), 1e-5 * size);
      EXPECT_NEAR(got.imag(), sum.imag(), 1e-5 * size);
    }
    fft->inverse();
    for (std::size_t n = 0; n < x.size(); ++n)
      EXPECT_NEAR(fft->time()[n] / static_cast<float>(size), x[n], 1e-6);
  }
}

TEST(LIMPID_FFT_SUITE, InverseIgnoresImaginaryPartsOfTheEnds) {
  auto fft = RealFft::create(8);
  ASSERT_TRUE(fft);
  std::ranges::fill(fft->spectrum(), cfloat{});
  fft->spectrum().front() = {1.0f, 5.0f};
  fft->spectrum().back() = {1.0f, -7.0f};
  fft->inverse();
  for (std::size_t n = 0; n < 8; ++n) EXPECT_FLOAT_EQ(fft->time()[n], n % 2 == 0 ? 2.0f : 0.0f);
}

TEST(LIMPID_FFT_SUITE, RefusesImpossibleSizes) {
  for (int size : {-2, 0, 1, 7, (1 << 24) + 2}) {
    auto fft = RealFft::create(size);
    ASSERT_FALSE(fft);
    EXPECT_NE(fft.error().message.find(std::to_string(size)), std::string::npos);
  }
}

// Windows of 20 ms are of these sizes: the libraries allocate in some of them.
TEST(LIMPID_FFT_SUITE, AllocatesNothingAtAnyRate) {
  for (int size = 160; size <= 1920; size += 2) {
    auto fft = RealFft::create(size);
    ASSERT_TRUE(fft);
    SCOPED_TRACE(size);
    test::expect_realtime([&] {
      fft->forward();
      fft->inverse();
    });
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace limpid::dsp
