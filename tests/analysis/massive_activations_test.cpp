// SPDX-License-Identifier: MIT
// Acceptance test T8: massive activations that were planted are found, all and no others.
#include "lib/analysis/massive_activations.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <utility>

namespace limpid::analysis {
namespace {

constexpr int kTokens = 30, kFeatures = 64;

// Magnitudes 0.5 .. 1.5 with a median of exactly 1: as many below as above, four at it.
Tensor<float, 2> ordinary() {
  Tensor<float, 2> hidden({kTokens, kFeatures});
  std::mt19937 random(3);
  std::vector<float> values;
  const int count = kTokens * kFeatures;
  for (int i = 0; i < count; ++i) {
    const float more = 0.4f * static_cast<float>(i) / static_cast<float>(count);
    const float magnitude = i < 4 ? 1.0f : (i % 4 < 2 ? 0.5f : 1.1f) + more;
    values.push_back(i % 2 == 0 ? magnitude : -magnitude);
  }
  std::shuffle(values.begin(), values.end(), random);
  std::ranges::copy(values, hidden.view().data());
  return hidden;
}

// Keeps the median: planted values replace ones above it.
void plant(Tensor<float, 2>& hidden, int token, int feature, float value) {
  auto row = hidden.view()[token];
  if (std::abs(row[feature]) < 1.05f)
    for (int f = 0; f < kFeatures; ++f)
      if (std::abs(row[f]) > 1.05f && std::abs(row[f]) < 10) {
        std::swap(row[f], row[feature]);
        break;
      }
  row[feature] = value;
}

std::vector<Tensor<float, 2>> stream(int layers) {
  std::vector<Tensor<float, 2>> hidden;
  for (int l = 0; l <= layers; ++l) hidden.push_back(ordinary());
  return hidden;
}

TEST(AttentionT8, FindsWhatWasPlantedAtSinkTokens) {
  auto hidden = stream(5);
  for (int l : {2, 3, 4})
    for (int token : {0, 20, 21}) {
      plant(hidden[static_cast<std::size_t>(l)], token, 17, 1001);
      plant(hidden[static_cast<std::size_t>(l)], token, 41, -1500);
      plant(hidden[static_cast<std::size_t>(l)], token + 3, 5, 990);  // not quite
    }
  const auto found = find_massive(hidden);
  ASSERT_EQ(found.layers.size(), 6u);
  EXPECT_EQ(found.features, (std::vector{17, 41}));
  EXPECT_FALSE(found.in_first);
  EXPECT_FALSE(found.in_last);
  const MassiveLayer& layer = found.layers[3];
  EXPECT_NEAR(layer.median, 1, 1e-6);
  EXPECT_EQ(layer.tokens, (std::vector{0, 20, 21}));
  EXPECT_EQ(layer.features, (std::vector{17, 41}));
  EXPECT_TRUE(layer.fixed_features);
  EXPECT_EQ(layer.places[0], (MassivePlace{0, 17, 1001}));
  EXPECT_EQ(layer.places[5], (MassivePlace{21, 41, -1500}));
  EXPECT_TRUE(found.layers[1].places.empty());
  EXPECT_EQ(layer.peak, 1500);
}

TEST(AttentionT8, TheThresholdIsAThousandMediansAndPerhapsAnAbsoluteOne) {
  auto hidden = stream(2);
  plant(hidden[1], 4, 9, 999);
  EXPECT_TRUE(find_massive(hidden).layers[1].places.empty());
  plant(hidden[1], 4, 9, 1000);
  EXPECT_EQ(find_massive(hidden).layers[1].places.size(), 1u);
  EXPECT_TRUE(find_massive(hidden, {.magnitude = 1200}).layers[1].places.empty());
  EXPECT_EQ(find_massive(hidden, {.ratio = 900}).layers[1].places.size(), 1u);
}

TEST(AttentionT8, FeaturesThatDifferFromTokenToTokenAreNotFixed) {
  auto hidden = stream(3);
  plant(hidden[2], 0, 1, 2000);
  plant(hidden[2], 7, 2, 2000);
  const auto found = find_massive(hidden);
  EXPECT_FALSE(found.layers[2].fixed_features);
  EXPECT_TRUE(found.features.empty());
}

TEST(AttentionT8, SaysIfTheyAreWhereThePublishedOnesNeverAre) {
  auto hidden = stream(3);
  plant(hidden[1], 0, 1, 2000);
  EXPECT_TRUE(find_massive(hidden).in_first);
  EXPECT_FALSE(find_massive(hidden).in_last);
  auto before = stream(3);
  plant(before[0], 0, 1, 2000);
  EXPECT_TRUE(find_massive(before).in_first);
  EXPECT_FALSE(find_massive(before).in_last);
  auto late = stream(3);
  plant(late[3], 0, 1, 2000);
  EXPECT_FALSE(find_massive(late).in_first);
  EXPECT_TRUE(find_massive(late).in_last);
  EXPECT_FALSE(find_massive(std::span(before).first(1)).in_last) << "the input is no layer";
}

TEST(AttentionT8, TheMedianLiesBetweenTheTwoInTheMiddle) {
  std::vector<Tensor<float, 2>> hidden;
  hidden.emplace_back(Shape<2>{2, 2});
  for (int i = 0; i < 4; ++i) hidden[0].view()[i / 2][i % 2] = i % 2 == 0 ? 1.0f : -4.0f;
  EXPECT_EQ(find_massive(hidden).layers[0].median, 2.5);
}

TEST(AttentionT8, NothingIsMassiveInSilence) {
  std::vector<Tensor<float, 2>> silence;
  silence.emplace_back(Shape<2>{4, 4});
  silence.emplace_back(Shape<2>{0, 4});
  const auto found = find_massive(silence);
  ASSERT_EQ(found.layers.size(), 2u);
  for (const auto& layer : found.layers) EXPECT_TRUE(layer.places.empty());
  EXPECT_TRUE(find_massive({}).layers.empty());
}

}  // namespace
}  // namespace limpid::analysis
