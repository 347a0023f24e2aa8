// SPDX-License-Identifier: MIT
// Acceptance tests T2 and T3 of attention: what the kinds have to do with one another, and what
// makes sigmoid attention different from all that are normalised.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/nn/naive_attention.h"

namespace limpid::nn {
namespace {

constexpr int kFrames = 90;

Tensor<float, 3> run(const AttentionCase& c, const AttentionInput& in) {
  const auto attention = Attention::create(c.config, c.parameters());
  EXPECT_TRUE(attention.ok());
  Tensor<float, 3> y(
      {in.q.extent(0), in.q.extent(1), c.config.heads * attention->config().value_width});
  EXPECT_TRUE(attention->run(in, y.view()).ok());
  return y;
}

Tensor<float, 3> map(const AttentionCase& c, const AttentionInput& in) {
  const auto attention = Attention::create(c.config, c.parameters());
  EXPECT_TRUE(attention.ok());
  auto weights = attention->map(in, 0);
  EXPECT_TRUE(weights.ok());
  return std::move(*weights);
}

AttentionCase of(AttentionKind kind) {
  return {{.kind = kind, .heads = 2, .kv_heads = 2, .width = 8, .value_width = 8}};
}

void expect_equal(const Tensor<float, 3>& a, const Tensor<float, 3>& b, double tolerance) {
  ASSERT_EQ(AttentionData::size(a), AttentionData::size(b));
  for (std::ptrdiff_t i = 0; i < AttentionData::size(a); ++i)
    ASSERT_NEAR(a.view().data()[i], b.view().data()[i], tolerance);
}

TEST(AttentionT2, KeyBiasIsAnExtraKeyWhoseColumnIsDropped) {
  AttentionCase bias = of(AttentionKind::key_bias);
  const AttentionData data(bias.config, 1, kFrames);
  for (int i = 0; i < 16; ++i) bias.sink_keys.push_back(0.3f * static_cast<float>(i - 7));
  // The same by hand: full attention with k* as frame 0, whose value is zero.
  AttentionCase extended = of(AttentionKind::softmax);
  extended.config.future = kUnlimited;
  bias.config.future = kUnlimited;
  Tensor<float, 3> q({1, kFrames + 1, 16}), k({1, kFrames + 1, 16}), v({1, kFrames + 1, 16});
  std::ranges::copy(bias.sink_keys, k.view().data());
  const AttentionInput in = data.input();
  const auto behind = [](auto& t) { return t.view().data() + 16; };
  std::copy_n(in.q.data(), kFrames * 16, behind(q));
  std::copy_n(in.k.data(), kFrames * 16, behind(k));
  std::copy_n(in.v.data(), kFrames * 16, behind(v));
  const auto whole = run(extended, {q.view(), k.view(), v.view(), {}});
  const auto y = run(bias, in);
  for (std::ptrdiff_t t = 0; t < kFrames; ++t)
    for (int i = 0; i < 16; ++i) ASSERT_NEAR(y.view()[0][t][i], whole.view()[0][t + 1][i], 1e-6);
}

TEST(AttentionT2, KeyBiasWithAConstantScoreIsASinkLogit) {
  AttentionCase bias = of(AttentionKind::key_bias), logit = of(AttentionKind::sink_logit);
  AttentionData data(bias.config, 1, kFrames);
  // Component 7 of every query is 2, k* is along it: q.k* / sqrt(8) is constant.
  for (std::ptrdiff_t t = 0; t < kFrames; ++t) data.q()[0][t][7] = data.q()[0][t][15] = 2;
  bias.sink_keys.assign(16, 0);
  bias.sink_keys[7] = 1.5f;
  bias.sink_keys[15] = -0.5f;
  logit.sink_logits = {3.0f / std::sqrt(8.0f), -1.0f / std::sqrt(8.0f)};
  expect_equal(run(bias, data.input()), run(logit, data.input()), 1e-6);
}

TEST(AttentionT2, SinkLogitOfZeroIsSoftmax1AndOfMinusInfinitySoftmax) {
  AttentionCase logit = of(AttentionKind::sink_logit);
  const AttentionData data(logit.config, 1, kFrames);
  logit.sink_logits = {0, 0};
  expect_equal(run(logit, data.input()), run(of(AttentionKind::softmax1), data.input()), 1e-6);
  for (const float nothing : {-100.0f, -std::numeric_limits<float>::infinity()}) {
    logit.sink_logits = {nothing, nothing};
    expect_equal(run(logit, data.input()), run(of(AttentionKind::softmax), data.input()), 1e-6);
  }
}

TEST(AttentionT2, OnlyNormalisedKindsWithoutASinkHaveMassOne) {
  for (const auto kind : kAttentionKinds) {
    AttentionCase c = attention_case(of(kind).config);
    const AttentionData data(c.config, 1, kFrames);
    const auto weights = map(c, data.input());
    const bool one = kind == AttentionKind::softmax || kind == AttentionKind::lssa ||
                     kind == AttentionKind::lssar;
    const bool below = kind == AttentionKind::softmax1 || kind == AttentionKind::sink_logit ||
                       kind == AttentionKind::key_bias;
    for (std::ptrdiff_t t = 0; t < kFrames; ++t) {
      double mass = 0;
      for (const float w : weights.view()[1][t].span()) mass += w;
      if (one) {
        EXPECT_NEAR(mass, 1, 1e-5) << static_cast<int>(kind);
      }
      if (below) {
        EXPECT_LT(mass, 1) << static_cast<int>(kind);
      }
    }
  }
}

TEST(AttentionT3, SigmoidIsAsExactAsFloatAllows) {
  AttentionCase c = of(AttentionKind::sigmoid);
  c.config.bias = -std::log(64.0f);
  const AttentionData data(c.config, 1, kFrames, 1, 4.0f);
  const auto weights = map(c, data.input());
  const auto attention = *Attention::create(c.config, c.parameters());
  for (int head = 0; head < 2; ++head)
    for (std::ptrdiff_t t = 0; t < kFrames; ++t)
      for (std::ptrdiff_t j = 0; j < kFrames; ++j) {
        const float w = weights.view()[head][t][j];
        if (j > t) {
          ASSERT_EQ(w, 0.0f);  // what is masked is exactly zero, not sigmoid of something small
          continue;
        }
        double x = 0;
        for (int i = 0; i < 8; ++i)
          x += double{data.input().q[0][t][8 * head + i]} * data.input().k[0][j][8 * head + i];
        x = x / std::sqrt(8.0) + c.config.bias;
        ASSERT_NEAR(w, 1 / (1 + std::exp(-x)), 1e-6);
        ASSERT_NEAR(w, 0.5 * (1 + std::tanh(0.5 * x)), 1e-6);  // the form of FlashSigmoid
      }
}

TEST(AttentionT3, BiasOfMinusLogWindowStartsWithAMassOfAlmostOne) {
  AttentionCase c = of(AttentionKind::sigmoid);
  c.config.bias = -std::log(64.0f);
  AttentionData data(c.config, 1, 64);
  for (auto x : {data.q(), data.k()}) std::fill_n(x.data(), 64 * 16, 0.0f);
  const auto weights = map(c, data.input());
  double mass = 0;
  for (const float w : weights.view()[0][63].span()) mass += w;
  EXPECT_NEAR(mass, 64.0 / 65.0, 1e-6);
}

// Changing key j changes column j and nothing else: no key competes with another.
TEST(AttentionT3, KeysOfUnnormalisedKindsAreIndependent) {
  for (const auto kind : kAttentionKinds) {
    const AttentionCase c = attention_case(of(kind).config);
    AttentionData data(c.config, 1, kFrames);
    const auto before = map(c, data.input());
    const std::ptrdiff_t changed = 40;
    for (float& x : data.k()[0][changed].span()) x = -2 * x;
    const auto after = map(c, data.input());
    double elsewhere = 0, there = 0;
    for (int head = 0; head < 2; ++head)
      for (std::ptrdiff_t t = 0; t < kFrames; ++t)
        for (std::ptrdiff_t j = 0; j < kFrames; ++j) {
          const double change = std::abs(before.view()[head][t][j] - after.view()[head][t][j]);
          (j == changed ? there : elsewhere) = std::max(j == changed ? there : elsewhere, change);
        }
    EXPECT_GT(there, 1e-3) << static_cast<int>(kind);
    const auto attention = *Attention::create(c.config, c.parameters());
    if (attention.normalised()) {
      EXPECT_GT(elsewhere, 1e-4) << static_cast<int>(kind);
    } else {
      EXPECT_EQ(elsewhere, 0) << static_cast<int>(kind);
    }
  }
}

}  // namespace
}  // namespace limpid::nn
