// SPDX-License-Identifier: MIT
// Acceptance test T7: the decorrelation loss, its values and its gradient.
#include "lib/analysis/decorrelation.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

namespace limpid::analysis {
namespace {

constexpr std::ptrdiff_t kBatch = 2, kTokens = 7, kFeatures = 6;
constexpr int kLayers = 4;  // 5 states

struct States {
  explicit States(unsigned seed) {
    std::mt19937 random(seed);
    std::normal_distribution<double> normal;
    for (int l = 0; l <= kLayers; ++l) {
      tensors.emplace_back(Shape<3>{kBatch, kTokens, kFeatures});
      gradients.emplace_back(Shape<3>{kBatch, kTokens, kFeatures});
      for (double* p = at(l); p != at(l) + kBatch * kTokens * kFeatures; ++p) *p = normal(random);
    }
  }
  double* at(int layer) { return tensors[static_cast<std::size_t>(layer)].view().data(); }
  TensorView<double, 3> state(int layer) { return tensors[static_cast<std::size_t>(layer)].view(); }
  TensorView<double, 3> gradient(int layer) {
    return gradients[static_cast<std::size_t>(layer)].view();
  }
  std::vector<TensorView<const double, 3>> views() const {
    std::vector<TensorView<const double, 3>> all;
    for (const auto& t : tensors) all.push_back(t.view());
    return all;
  }
  double loss(const DecorrelationConfig& config = {}) const {
    const auto value = decorrelation_loss<double>(views(), lengths, config);
    EXPECT_TRUE(value.ok());
    return *value;
  }
  double differentiate(const DecorrelationConfig& config = {}) {
    std::vector<TensorView<double, 3>> all;
    for (auto& t : gradients) all.push_back(t.view());
    return *decorrelation_loss<double>(views(), lengths, config, all);
  }

  std::vector<Tensor<double, 3>> tensors, gradients;
  std::vector<int> lengths{7, 5};  // two tokens of the second sequence are padding
};

// The first token's gradient is checked too, unless it counts as a constant.
void check_gradient(const DecorrelationConfig& config) {
  States s(1);
  s.differentiate(config);
  for (int l = 0; l <= kLayers; ++l)
    for (std::ptrdiff_t i = 0; i < kBatch * kTokens * kFeatures; ++i) {
      const bool first = i / kFeatures % kTokens == 0;
      double& x = s.at(l)[i];
      const double before = x, step = 1e-5;
      x = before + step;
      const double above = s.loss(config);
      x = before - step;
      const double below = s.loss(config);
      x = before;
      const double slope = (above - below) / (2 * step);
      const double found = s.gradient(l).data()[i];
      if (first && !config.gradient_to_first)
        ASSERT_EQ(found, 0);
      else
        ASSERT_NEAR(found, slope, 1e-6 * std::max(1.0, std::abs(slope)))
            << "state " << l << ", element " << i;
    }
}

TEST(AttentionT7, GradientMatchesFiniteDifferences) {
  check_gradient({});
  check_gradient({.weight = 3});
  check_gradient({.weight = 1, .gradient_to_first = false});
}

// Of a loss that has other terms, whose gradients are there already.
TEST(AttentionT7, TheGradientIsAdded) {
  States alone(1), added(1);
  alone.differentiate();
  for (int l = 0; l <= kLayers; ++l)
    std::fill_n(added.gradient(l).data(), kBatch * kTokens * kFeatures, 3.0);
  added.differentiate();
  for (int l = 0; l <= kLayers; ++l)
    for (std::ptrdiff_t i = 0; i < kBatch * kTokens * kFeatures; ++i)
      ASSERT_NEAR(added.gradient(l).data()[i], 3 + alone.gradient(l).data()[i], 1e-12);
}

// They have no direction: a cosine of 0, and nothing is divided by zero.
TEST(AttentionT7, TokensOfNothingButZeros) {
  States s(7);
  const double before = s.loss();
  std::ranges::fill(s.state(1)[0][3].span(), 0.0);  // a token
  std::ranges::fill(s.state(2)[1][0].span(), 0.0);  // a first one
  const double after = s.differentiate();
  EXPECT_LT(after, before);
  EXPECT_GT(after, 0);
  for (int l = 0; l <= kLayers; ++l)
    for (std::ptrdiff_t i = 0; i < kBatch * kTokens * kFeatures; ++i)
      ASSERT_TRUE(std::isfinite(s.gradient(l).data()[i]));
  for (const double g : s.gradient(1)[0][3].span()) EXPECT_EQ(g, 0);
}

TEST(AttentionT7, IsOneForCopiesOfTheFirstTokenAndZeroForOrthogonalOnes) {
  States copies(2), orthogonal(2);
  for (int l = 0; l <= kLayers; ++l)
    for (std::ptrdiff_t b = 0; b < kBatch; ++b)
      for (std::ptrdiff_t t = 0; t < kTokens; ++t)
        for (std::ptrdiff_t f = 0; f < kFeatures; ++f) {
          copies.state(l)[b][t][f] = copies.state(l)[b][0][f] * (t == 0 ? 1.0 : t % 2 ? 3 : -0.5);
          orthogonal.state(l)[b][t][f] = f == (t == 0 ? 0 : 1 + t % 4) ? 2 : 0;
        }
  EXPECT_NEAR(copies.loss(), 1, 1e-12);
  EXPECT_NEAR(copies.loss({.weight = 10}), 10, 1e-11);
  EXPECT_EQ(orthogonal.loss(), 0);
}

TEST(AttentionT7, LengthsOfVectorsDoNotMatter) {
  States s(3);
  const double before = s.loss();
  for (double& x : s.state(2)[0][3].span()) x *= 50;
  for (double& x : s.state(1)[1][0].span()) x *= 0.01;
  EXPECT_NEAR(s.loss(), before, 1e-12);
}

TEST(AttentionT7, TheFirstAndLastStateTheFirstTokenAndPaddingDoNotCount) {
  States s(4);
  const double before = s.loss();
  for (int l : {0, kLayers})
    for (double* p = s.at(l); p != s.at(l) + kBatch * kTokens * kFeatures; ++p) *p = 1;
  for (int l = 0; l <= kLayers; ++l)
    for (std::ptrdiff_t t = 5; t < kTokens; ++t)
      for (double& x : s.state(l)[1][t].span()) x = 7;
  EXPECT_EQ(s.loss(), before);
  s.differentiate();
  for (std::ptrdiff_t i = 0; i < kBatch * kTokens * kFeatures; ++i) {
    EXPECT_EQ(s.gradient(0).data()[i], 0);
    EXPECT_EQ(s.gradient(kLayers).data()[i], 0);
  }
  for (double g : s.gradient(2)[1][6].span()) EXPECT_EQ(g, 0);
  // 6 + 4 tokens in 3 states: each counts the same.
  States copies(5);
  for (int l = 0; l <= kLayers; ++l)
    for (std::ptrdiff_t b = 0; b < kBatch; ++b)
      for (std::ptrdiff_t t = 0; t < kTokens; ++t)
        for (std::ptrdiff_t f = 0; f < kFeatures; ++f)
          copies.state(l)[b][t][f] = f == (t == 0 ? 0 : 1);
  copies.state(1)[1][2][1] = 0;
  copies.state(1)[1][2][0] = 1;  // one copy of the first token among them
  EXPECT_NEAR(copies.loss(), 1.0 / 30, 1e-12);
}

TEST(AttentionT7, AStepAgainstTheGradientDecorrelates) {
  States s(6);
  for (int l = 0; l <= kLayers; ++l)  // begin correlated
    for (std::ptrdiff_t b = 0; b < kBatch; ++b)
      for (std::ptrdiff_t t = 1; t < kTokens; ++t)
        for (std::ptrdiff_t f = 0; f < kFeatures; ++f)
          s.state(l)[b][t][f] += 2 * s.state(l)[b][0][f];
  const double before = s.differentiate();
  EXPECT_GT(before, 0.3);
  for (int l = 0; l <= kLayers; ++l)
    for (std::ptrdiff_t i = 0; i < kBatch * kTokens * kFeatures; ++i)
      s.at(l)[i] -= 5 * s.gradient(l).data()[i];
  EXPECT_LT(s.loss(), before - 0.01);
}

TEST(AttentionT7, WorksInFloatAndRefusesWhatDoesNotFit) {
  Tensor<float, 3> h({1, 2, 2});
  h.view()[0][0][0] = h.view()[0][1][0] = h.view()[0][1][1] = 1;
  const std::vector<TensorView<const float, 3>> three(3, h.view());
  const int two[] = {2}, long_one[] = {3}, pair[] = {2, 2};
  EXPECT_NEAR(*decorrelation_loss<float>(three, two, {}), 0.5, 1e-6);
  EXPECT_FALSE(decorrelation_loss<float>(three, long_one, {}).ok());
  EXPECT_FALSE(decorrelation_loss<float>(three, pair, {}).ok());
  const int negative[] = {-1};
  EXPECT_FALSE(decorrelation_loss<float>(three, negative, {}).ok());
  const std::vector<TensorView<float, 3>> one(1, h.view());
  EXPECT_FALSE(decorrelation_loss<float>(three, two, {}, one).ok());
  Tensor<float, 3> wider({1, 2, 3});
  const std::vector<TensorView<float, 3>> wide(3, wider.view());
  EXPECT_FALSE(decorrelation_loss<float>(three, two, {}, wide).ok());
  auto mixed = three;
  mixed[2] = wider.view();
  EXPECT_FALSE(decorrelation_loss<float>(mixed, two, {}).ok());
  const std::vector<TensorView<const float, 3>> no_middle(2, h.view());
  EXPECT_EQ(*decorrelation_loss<float>(no_middle, two, {}), 0);
}

}  // namespace
}  // namespace limpid::analysis
