// SPDX-License-Identifier: MIT
// Frequency-sparse convolutions against a filter from which the frequencies were removed by a slow
// transform in double.
#include <algorithm>
#include <numbers>

#include "tests/dsp/long_conv_fixture.h"

namespace limpid::dsp {
namespace {

using SparseConvolution = kernels::EveryTarget;
INSTANTIATE_EVERY_TARGET(SparseConvolution);

using Pattern = std::vector<std::uint8_t>;

// Frequencies are (step k + shift) / (2 size) cycles per sample, k < count; each stands for itself
// and, as the filter is real, its conjugate.
struct Frequencies {
  std::size_t size, count, step, shift;
};

std::vector<float> without(std::span<const float> taps, const Pattern& kept, const Frequencies& f) {
  std::vector<double> cosine(2 * f.size), left(f.size);
  for (std::size_t i = 0; i < cosine.size(); ++i)
    cosine[i] = std::cos(std::numbers::pi * static_cast<double>(i) / static_cast<double>(f.size));
  for (std::size_t k = 0; k < f.count; ++k) {
    if (kept[k % kept.size()] == 0) continue;
    const std::size_t turn = f.step * k + f.shift, quarter = f.size / 2;
    const auto at = [&](std::size_t n, std::size_t late) {
      return cosine[(turn * n + 2 * f.size - late) % (2 * f.size)];  // late: a quarter turn, a sine
    };
    double re = 0, im = 0;
    for (std::size_t n = 0; n < taps.size(); ++n) {
      re += double{taps[n]} * at(n, 0);
      im -= double{taps[n]} * at(n, quarter);
    }
    for (std::size_t n = 0; n < f.size; ++n)
      left[n] += (re * at(n, 0) - im * at(n, quarter)) / static_cast<double>(f.count);
  }
  return {left.begin(), left.end()};
}

Pattern first_of(std::size_t kept, std::size_t size) {
  Pattern pattern(size, 0);
  std::fill_n(pattern.begin(), kept, std::uint8_t{1});
  return pattern;
}

TEST_P(SparseConvolution, CausalIsAProductModuloTheWindow) {
  Operand k(1, 1, 700, 1), u(2, 1, 1024, 2), y(2, 1, 1024, 3);
  for (const Pattern& kept : {first_of(1, 2), first_of(3, 8), first_of(1, 16), Pattern{1, 0, 1, 1},
                              Pattern{1}, Pattern{0, 0}}) {
    const auto plan = long_plan({.samples = 1024, .taps = 700, .kept = kept});
    auto conv = long_conv(plan, k.rows());
    ASSERT_TRUE(conv.process(u.view(), y.view()));
    const auto window = static_cast<std::size_t>(plan->layout().window);
    ASSERT_EQ(window, 2048U);
    const auto left = without(k.rows()[0].span(), kept, {window, window / 2, 4, 3});
    for (std::ptrdiff_t lane = 0; lane < 2; ++lane) {
      std::vector<double> wanted(1024);
      for (std::size_t t = 0; t < wanted.size(); ++t)
        for (std::size_t s = 0; s < wanted.size(); ++s)
          wanted[t] += double{u.view()[lane][0][static_cast<std::ptrdiff_t>(s)]} *
                       (s <= t ? left[t - s] : -left[t + window - s]);
      if (kept == Pattern{0, 0}) {
        for (const float v : y.view()[lane][0].span()) ASSERT_EQ(v, 0);
      } else {
        ASSERT_GT(snr(y.view()[lane][0].span(), wanted), 120) << kept.size();
      }
    }
  }
}

TEST_P(SparseConvolution, CircularKeepsBothSidesOfTheSpectrum) {
  Operand k(1, 1, 900, 1), u(3, 1, 1024, 2), y(3, 1, 1024, 3);
  for (const Pattern& kept :
       {Pattern{1, 0}, Pattern{0, 1}, Pattern{1, 1, 0, 1}, Pattern{1, 0, 0, 1, 0, 1, 0, 0}}) {
    const auto plan = long_plan({.samples = 1024, .taps = 900, .circular = true, .kept = kept});
    auto conv = long_conv(plan, k.rows());
    ASSERT_TRUE(conv.process(u.view(), y.view()));
    const Tensor<float, 2> left = [&] {
      Tensor<float, 2> rows({1, 1024});
      std::ranges::copy(without(k.rows()[0].span(), kept, {1024, 1024, 2, 0}),
                        rows.view()[0].data());
      return rows;
    }();
    ASSERT_GT(Definition(left.view(), u.view(), true).snr_of(y.view()), 120) << kept.size();
  }
}

TEST(LongConvInput, SparsePatterns) {
  const auto refused = [](LongConvSpec spec, const std::string& part) {
    const auto plan = LongConvPlan::create(std::move(spec));
    ASSERT_FALSE(plan.ok());
    EXPECT_NE(plan.error().message.find(part), std::string::npos) << plan.error().message;
  };
  refused({.samples = 1024, .taps = 1024, .kept = Pattern(3, 1)}, "1, 2, 4");
  refused({.samples = 1024, .taps = 1024, .kept = Pattern(32, 1)}, "64th of 1024");
  refused({.samples = 1024, .taps = 9, .circular = true, .kept = Pattern{1, 1, 0, 0}}, "1 and 3");
  refused({.samples = 1024, .taps = 9, .circular = true, .kept = Pattern{1, 1, 1, 0}}, "1 and 3");
  refused({.samples = 1000, .taps = 9, .circular = true, .kept = Pattern(2, 1)}, "sparse spectrum");
  refused({.samples = 1024, .taps = 9, .kept = Pattern(2, 1), .method = LongConvMethod::fft},
          "sparse spectrum");
}

}  // namespace
}  // namespace limpid::dsp
