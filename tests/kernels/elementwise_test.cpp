// SPDX-License-Identifier: MIT
// The element-wise kernels against the oracle, for lengths around every vector size and for the
// numbers that break careless arithmetic.
#include "lib/kernels/elementwise.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "tests/kernels/every_target.h"

namespace limpid::kernels {
namespace {

using Elementwise = EveryTarget;
INSTANTIATE_EVERY_TARGET(Elementwise);

constexpr int kLongest = 70;
constexpr float kInfinity = std::numeric_limits<float>::infinity();

void expect_near(Fenced& y, Fenced& expected, float tolerance, const char* what, int n) {
  for (std::size_t i = 0; i < y.size(); ++i)
    ASSERT_NEAR(y.data()[i], expected.data()[i], tolerance * (1 + std::abs(expected.data()[i])))
        << what << ", element " << i << " of " << n;
  ASSERT_FALSE(y.broken()) << what << ", length " << n;
}

TEST_P(Elementwise, ComplexNormLeaky) {
  for (int n = 0; n <= kLongest; ++n) {
    const auto size = static_cast<std::size_t>(n);
    std::vector<std::vector<float>> in;
    for (unsigned i = 0; i < 8; ++i) in.push_back(noise(size, i));
    Fenced re(size), im(size), re2(size), im2(size);
    complex_norm_leaky(in[0].data(), in[1].data(), in[2].data(), in[3].data(), n, in[4].data(),
                       in[5].data(), in[6].data(), in[7].data(), 0.01f, re.data(), im.data());
    reference::complex_norm_leaky(in[0].data(), in[1].data(), in[2].data(), in[3].data(), n,
                                  in[4].data(), in[5].data(), in[6].data(), in[7].data(), 0.01f,
                                  re2.data(), im2.data());
    expect_near(re, re2, 3e-7f, "re", n);
    expect_near(im, im2, 3e-7f, "im", n);
  }
}

TEST_P(Elementwise, ComplexResidual) {
  for (int n = 0; n <= kLongest; ++n) {
    const auto size = static_cast<std::size_t>(n);
    std::vector<std::vector<float>> in;
    for (unsigned i = 0; i < 6; ++i) in.push_back(noise(size, i));
    Fenced re(size), im(size), re2(size), im2(size);
    complex_residual(in[0].data(), in[1].data(), in[2].data(), in[3].data(), in[4].data(),
                     in[5].data(), n, re.data(), im.data());
    reference::complex_residual(in[0].data(), in[1].data(), in[2].data(), in[3].data(),
                                in[4].data(), in[5].data(), n, re2.data(), im2.data());
    expect_near(re, re2, 3e-7f, "re", n);
    expect_near(im, im2, 3e-7f, "im", n);
    complex_residual(in[0].data(), in[1].data(), in[2].data(), in[3].data(), in[4].data(),
                     in[5].data(), n, in[0].data(), in[1].data());
    EXPECT_EQ(in[0], std::vector<float>(re.data(), re.data() + n)) << "in place";
    EXPECT_EQ(in[1], std::vector<float>(im.data(), im.data() + n)) << "in place";
  }
}

TEST_P(Elementwise, MultiplyAndAccumulate) {
  for (int n = 0; n <= kLongest; ++n) {
    const auto size = static_cast<std::size_t>(n);
    const auto x = noise(size, 1), gain = noise(size, 2);
    Fenced y(size), expected(size);
    multiply(x.data(), gain.data(), n, y.data());
    reference::multiply(x.data(), gain.data(), n, expected.data());
    expect_near(y, expected, 0, "multiply", n);
    accumulate(x.data(), n, y.data());
    reference::accumulate(x.data(), n, expected.data());
    expect_near(y, expected, 0, "accumulate", n);
  }
}

// From the smallest numbers to the largest, both signs, and what lies beyond.
std::vector<float> all_magnitudes() {
  std::vector<float> x{0.0f, -0.0f, kInfinity, -kInfinity};
  for (float v = std::numeric_limits<float>::denorm_min(); v < kInfinity; v *= 1.07f) {
    v = std::max(v, std::nextafter(v / 1.07f, kInfinity));
    x.push_back(v);
    x.push_back(-v);
  }
  for (int i = -2000; i <= 2000; ++i) x.push_back(static_cast<float>(i) * 0.01f);
  return x;
}

TEST_P(Elementwise, SigmoidAndTanhAreWithinOneInAMillion) {
  const auto x = all_magnitudes();
  const int n = static_cast<int>(x.size());
  Fenced y(x.size());
  sigmoid(x.data(), n, y.data());
  for (std::size_t i = 0; i < x.size(); ++i)
    ASSERT_NEAR(y.data()[i], 1 / (1 + std::exp(-double{x[i]})), 1e-6) << "sigmoid of " << x[i];
  std::fill_n(y.data(), x.size(), 0.0f);
  add_tanh(x.data(), n, y.data());
  for (std::size_t i = 0; i < x.size(); ++i)
    ASSERT_NEAR(y.data()[i], std::tanh(double{x[i]}), 1e-6) << "tanh of " << x[i];
  EXPECT_FALSE(y.broken());
}

TEST_P(Elementwise, ActivationsOfAnyLength) {
  for (int n = 0; n <= kLongest; ++n) {
    const auto size = static_cast<std::size_t>(n);
    const auto x = noise(size, 1, 5.0f);
    Fenced y(size), expected(size);
    sigmoid(x.data(), n, y.data());
    reference::sigmoid(x.data(), n, expected.data());
    expect_near(y, expected, 1e-6f, "sigmoid", n);
    add_tanh(x.data(), n, y.data());  // on top of the sigmoid
    reference::add_tanh(x.data(), n, expected.data());
    expect_near(y, expected, 1e-6f, "add_tanh", n);
  }
}

std::vector<cfloat> spectrum(std::size_t n, float level) {
  const auto re = noise(n, 1, level), im = noise(n, 2, level);
  std::vector<cfloat> x(n);
  for (std::size_t i = 0; i < n; ++i) x[i] = {re[i], im[i]};
  return x;
}

TEST_P(Elementwise, Compress) {
  for (float exponent : {1.0f, 0.5f})
    for (float level : {0.0f, 1e-20f, 1e-6f, 1.0f, 1e9f})
      for (int n = 0; n <= kLongest; ++n) {
        const auto size = static_cast<std::size_t>(n);
        const auto x = spectrum(size, level);
        Fenced re(size), im(size), re2(size), im2(size);
        compress(x.data(), n, 0.7f, exponent, re.data(), im.data());
        reference::compress(x.data(), n, 0.7f, exponent, re2.data(), im2.data());
        expect_near(re, re2, 1e-6f, "re", n);
        expect_near(im, im2, 1e-6f, "im", n);
      }
}

TEST_P(Elementwise, ApplyMask) {
  for (int n = 0; n <= kLongest; ++n) {
    const auto size = static_cast<std::size_t>(n);
    const auto re = noise(size, 3), im = noise(size, 4);
    auto x = spectrum(size, 1);
    Fenced y(2 * size), expected(2 * size);
    apply_mask(x.data(), re.data(), im.data(), n, reinterpret_cast<cfloat*>(y.data()));
    reference::apply_mask(x.data(), re.data(), im.data(), n,
                          reinterpret_cast<cfloat*>(expected.data()));
    expect_near(y, expected, 3e-7f, "apply_mask", n);
    apply_mask(x.data(), re.data(), im.data(), n, x.data());
    for (std::size_t i = 0; i < size; ++i)
      EXPECT_EQ(x[i], cfloat(y.data()[2 * i], y.data()[2 * i + 1])) << "in place";
  }
}

TEST_P(Elementwise, AddMasked) {
  for (int n = 0; n <= kLongest; ++n) {
    const auto size = static_cast<std::size_t>(n);
    const auto re = noise(size, 3), im = noise(size, 4), before = noise(2 * size, 5);
    const auto x = spectrum(size, 1);
    Fenced y(2 * size), expected(2 * size);
    std::ranges::copy(before, y.data());
    std::ranges::copy(before, expected.data());
    add_masked(x.data(), re.data(), im.data(), n, reinterpret_cast<cfloat*>(y.data()));
    reference::add_masked(x.data(), re.data(), im.data(), n,
                          reinterpret_cast<cfloat*>(expected.data()));
    expect_near(y, expected, 3e-7f, "add_masked", n);
  }
}

TEST_P(Elementwise, RepairLetsNothingDangerousThrough) {
  const float bad[] = {NAN, -NAN, kInfinity, -kInfinity};
  const float odd[] = {1e30f,
                       -1e30f,
                       1e-40f,
                       -1e-40f,
                       0.0f,
                       -0.0f,
                       1e6f,
                       -1e6f,
                       0.5f,
                       std::numeric_limits<float>::max(),
                       std::numeric_limits<float>::lowest()};
  for (int n = 0; n <= kLongest; ++n) {
    std::vector<float> x;
    for (unsigned i = 0; x.size() < static_cast<std::size_t>(n); ++i)
      x.push_back(i % 3 == 1 ? bad[i % 4] : odd[i % 11]);
    Fenced y(x.size()), expected(x.size());
    EXPECT_EQ(repair(x.data(), n, y.data()), reference::repair(x.data(), n, expected.data()));
    expect_near(y, expected, 0, "repair", n);
    EXPECT_EQ(repair(y.data(), n, y.data()), 0u) << "in place, already repaired";
    expect_near(y, expected, 0, "repair twice", n);
  }
}

}  // namespace
}  // namespace limpid::kernels
