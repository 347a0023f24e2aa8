// SPDX-License-Identifier: MIT
#include "lib/analysis/hidden_states.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <random>
#include <vector>

namespace limpid::analysis {
namespace {

Tensor<float, 2> rows(const std::vector<std::vector<float>>& values) {
  Tensor<float, 2> t(
      {static_cast<std::ptrdiff_t>(values.size()), static_cast<std::ptrdiff_t>(values[0].size())});
  for (std::size_t i = 0; i < values.size(); ++i)
    std::ranges::copy(values[i], t.view()[static_cast<std::ptrdiff_t>(i)].data());
  return t;
}

TEST(HiddenStates, CosineToTheFirstToken) {
  const auto cosines =
      cosine_to_first(rows({{1, 0, 0}, {5, 0, 0}, {0, 2, 0}, {-1, 0, 0}, {1, 1, 0}, {0, 0, 0}}));
  const double expected[] = {1, 1, 0, -1, std::sqrt(0.5), 0};
  for (std::size_t i = 0; i < 6; ++i) EXPECT_NEAR(cosines[i], expected[i], 1e-7);
}

TEST(HiddenStates, ResidualPeakIsRelativeToTheMeanLength) {
  const auto peaks = residual_peak(rows({{30, 40}, {5, 0}, {0, 5}}));
  EXPECT_NEAR(peaks[0], 2.5, 1e-6);
  EXPECT_NEAR(peaks[1], 0.25, 1e-6);
  EXPECT_EQ(residual_peak(rows({{0, 0}, {0, 0}})), (std::vector<double>{0, 0}));
}

TEST(HiddenStates, KurtosisOfKnownDistributions) {
  std::mt19937 random(1);
  std::normal_distribution<float> normal(2, 3);
  Tensor<float, 2> gauss({500, 400}), two({10, 10});
  for (float* p = gauss.view().data(); p != gauss.view().data() + 200000; ++p) *p = normal(random);
  EXPECT_NEAR(outliers(gauss).kurtosis, 3, 0.1);
  for (int i = 0; i < 100; ++i) two.view().data()[i] = i % 2 ? 1.0f : -1.0f;
  EXPECT_NEAR(outliers(two).kurtosis, 1, 1e-9);
  two.view()[4][7] = -1000;
  EXPECT_GT(outliers(two).kurtosis, 50);
  EXPECT_EQ(outliers(two).channel_peaks[7], 1000);
  EXPECT_EQ(outliers(two).channel_peaks[6], 1);
  EXPECT_EQ(outliers(rows({{3, 3}, {3, 3}})).kurtosis, 0) << "nothing varies";
}

TEST(RotateToward, TurnsWithinThePlaneAndKeepsTheLength) {
  const std::vector<float> target{0, 7, 0};
  for (double fraction : {0.0, 0.25, 0.5, 1.0}) {
    std::vector<float> h{3, 0, 0};
    rotate_toward(h, target, fraction);
    const double angle = fraction * std::numbers::pi / 2;
    EXPECT_NEAR(h[0], 3 * std::cos(angle), 1e-6);
    EXPECT_NEAR(h[1], 3 * std::sin(angle), 1e-6);
    EXPECT_EQ(h[2], 0);
  }
}

double angle_between(const std::vector<float>& a, const std::vector<float>& b) {
  double ab = 0, aa = 0, bb = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    ab += double{a[i]} * b[i];
    aa += double{a[i]} * a[i];
    bb += double{b[i]} * b[i];
  }
  return std::acos(std::clamp(ab / std::sqrt(aa * bb), -1.0, 1.0));
}

TEST(RotateToward, ReachesTheTargetsDirectionFromAnywhere) {
  std::mt19937 random(2);
  std::normal_distribution<float> normal;
  for (int trial = 0; trial < 20; ++trial) {
    std::vector<float> h(33), target(33);
    for (float& x : h) x = normal(random);
    for (float& x : target) x = normal(random);
    double length = 0, after = 0;
    for (float x : h) length += double{x} * x;
    const double angle = angle_between(h, target);
    rotate_toward(h, target, 0.5);
    EXPECT_NEAR(angle_between(h, target), angle / 2, 1e-5);
    rotate_toward(h, target, 1);
    EXPECT_NEAR(angle_between(h, target), 0, 1e-3);
    for (float x : h) after += double{x} * x;
    EXPECT_NEAR(after / length, 1, 1e-5);
  }
}

TEST(RotateToward, LeavesVectorsThatSpanNoPlane) {
  std::vector<float> h{1, 2}, zero{0, 0};
  const std::vector<float> parallel{2, 4}, nothing{0, 0}, before = h;
  rotate_toward(h, parallel, 0.7);
  EXPECT_EQ(h, before);
  rotate_toward(h, nothing, 0.7);
  EXPECT_EQ(h, before);
  rotate_toward(zero, before, 0.7);
  EXPECT_EQ(zero, nothing);
}

}  // namespace
}  // namespace limpid::analysis
