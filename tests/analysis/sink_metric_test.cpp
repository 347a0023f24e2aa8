// SPDX-License-Identifier: MIT
// Acceptance test T1: the sink metric on maps that one can work out by hand.
#include "lib/analysis/sink_metric.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "lib/analysis/trace_layer.h"
#include "tests/nn/naive_attention.h"

namespace limpid::analysis {
namespace {

constexpr std::ptrdiff_t kTokens = 64;

// weight(query, key) where key <= query.
template <class Weight>
Tensor<float, 2> causal_map(const Weight& weight, std::ptrdiff_t tokens = kTokens) {
  Tensor<float, 2> map({tokens, tokens});
  for (std::ptrdiff_t i = 0; i < tokens; ++i)
    for (std::ptrdiff_t k = 0; k <= i; ++k) map.view()[i][k] = static_cast<float>(weight(i, k));
  return map;
}

HeadSinks measure(const Tensor<float, 2>& map, bool normalised = true) {
  return measure_head(map.view(), {}, normalised, true);
}

double rate_of_first(const HeadSinks& head) {
  return sink_rate({{head}}, 0);
}

TEST(AttentionT1, UniformAttentionIsNoSink) {
  const auto head = measure(causal_map([](auto i, auto) { return 1.0 / double(i + 1); }));
  double harmonic = 0;
  for (int i = 1; i <= 64; ++i) harmonic += 1.0 / i;
  EXPECT_NEAR(head.received[0], harmonic / 64, 1e-6);  // 0.0741
  EXPECT_NEAR(head.received[63], 1.0 / 64, 1e-6);      // one query sees the last key
  EXPECT_EQ(rate_of_first(head), 0);
  EXPECT_NEAR(head.row_mass, 1, 1e-6);
}

TEST(AttentionT1, AllAttentionOnTheFirstKeyIsASink) {
  const auto head = measure(causal_map([](auto, auto k) { return k == 0 ? 1.0 : 0.0; }));
  EXPECT_NEAR(head.received[0], 1, 1e-7);
  EXPECT_NEAR(head.mass_share[0], 1, 1e-7);
  EXPECT_EQ(rate_of_first(head), 1);
}

TEST(AttentionT1, TheThresholdIsThreeTenths) {
  for (const auto& [first, rate] : {std::pair{0.31, 1.0}, std::pair{0.29, 0.0}}) {
    const auto head = measure(
        causal_map([&, f = first](auto i, auto k) { return k == 0 ? f : (1 - f) / double(i); }));
    EXPECT_NEAR(head.received[0], first, 1e-6);
    EXPECT_EQ(rate_of_first(head), rate);
  }
}

TEST(AttentionT1, EveryKeyHasItsOwnDenominator) {
  // Key 60 is seen by four queries and gets half of what each has.
  const auto head = measure(causal_map([](auto i, auto k) {
    if (i < 60) return k == i ? 1.0 : 0.0;
    return k == 60 ? 0.5 : k == i ? 0.5 : 0.0;
  }));
  EXPECT_NEAR(head.received[60], (0.5 * 4) / 4, 1e-6);
  EXPECT_NEAR(head.received[63], 0.5, 1e-6);
}

TEST(AttentionT1, TheRateIsTheMeanOverLayersOfTheShareOfHeads) {
  HeadSinks sink, none;
  sink.received = {0.9};
  none.received = {0.1};
  EXPECT_NEAR(sink_rate({{sink, none}, {sink, sink, none, none}, {none}}, 0), 1.0 / 3, 1e-9);
  EXPECT_NEAR(sink_rate({{sink}, {}}, 0), 1, 1e-9) << "a layer without heads does not count";
  EXPECT_EQ(sink_rate({{sink}}, 7, {.threshold = 0}), 0);  // a key that is not there
  EXPECT_EQ(sink_rate({}, 0), 0);
}

TEST(AttentionT1, OnlyTheFirstTokensCount) {
  const auto map = causal_map([](auto i, auto k) { return i < 64 ? k == i : k == 0; }, 200);
  EXPECT_NEAR(measure(map).received[0], 1.0 / 64, 1e-6);
  EXPECT_NEAR(measure_head(map.view(), {}, true, true, {.length = 0}).received[0], 137.0 / 200,
              1e-6);
}

// A sigmoid head at rest: next to nothing anywhere, but relative to that, most on the first key. In
// ten rows it works, elsewhere. Normalised rows cry sink; the mass says no.
TEST(AttentionT1, AHeadAtRestIsAFalseSinkOfTheProxyAndNoneOfTheMass) {
  const auto map = causal_map([](auto i, auto k) {
    if (i >= 50 && i < 60) return k == i - 1 ? 1.0 : 0.0;
    return k == 0 ? 0.007 : 0.0001;
  });
  std::vector<float> value_norms(kTokens, 1.0f);
  value_norms[0] = 0.1f;
  const auto head = measure_head(map.view(), value_norms, false, true);
  EXPECT_GT(head.received[0], 0.3);
  EXPECT_EQ(rate_of_first(head), 1);
  EXPECT_LT(head.mass_share[0], 0.05);
  EXPECT_LT(head.value_share[0], 0.005);
  EXPECT_LT(head.row_mass, 0.2);
}

// Rows that go on beyond the tokens that are looked at are whole nevertheless.
TEST(AttentionT1, KeysBeyondTheTokensAreNoVirtualKey) {
  Tensor<float, 2> map({2 * kTokens, 2 * kTokens});
  std::ranges::fill(map.view().data(), map.view().data() + 4 * kTokens * kTokens, 0.5f / kTokens);
  const auto head = measure_head(map.view(), {}, true, false);
  EXPECT_NEAR(head.row_mass, 1, 1e-6);
  EXPECT_NEAR(head.virtual_received, 0, 1e-6);
  EXPECT_NEAR(head.received[0], 0.5 / kTokens, 1e-6);
}

TEST(AttentionT1, WhatIsMissingInARowWentToTheVirtualKey) {
  const auto head = measure(causal_map([](auto i, auto) { return 0.25 / double(i + 1); }));
  EXPECT_NEAR(head.virtual_received, 0.75, 1e-6);
  EXPECT_EQ(virtual_sink_rate({{head}}), 1);
  EXPECT_EQ(measure(causal_map([](auto, auto) { return 0.0; }), false).virtual_received, 0);
}

// Weights of linear attention have signs; what is negative is weight nevertheless.
TEST(AttentionT1, SignsDoNotCancel) {
  const auto head =
      measure(causal_map([](auto, auto k) { return k % 2 == 0 ? 0.5 : -0.5; }, 4), false);
  EXPECT_NEAR(head.row_mass, (0.5 + 1 + 1.5 + 2) / 4, 1e-6);
  EXPECT_NEAR(head.mass_share[1], 1.5 / 5, 1e-6);
  EXPECT_NEAR(head.received[1], (1.0 / 2 + 1.0 / 3 + 1.0 / 4) / 3, 1e-6);
}

TEST(AttentionT1, AQueryThatNoLongerSeesAKeyCountsAsZero) {
  const auto head = measure(causal_map([](auto i, auto k) { return i - k < 8 ? 0.125 : 0.0; }));
  EXPECT_NEAR(head.received[0], 0.125 * 8 / 64, 1e-6);
}

TEST(AttentionT1, AttentionToEverythingDividesByAllQueries) {
  Tensor<float, 2> map({10, 10});
  for (std::ptrdiff_t i = 0; i < 10; ++i) map.view()[i][9] = 1;
  EXPECT_NEAR(measure_head(map.view(), {}, true, false).received[9], 1, 1e-6);
}

TEST(AttentionT1, ValueDrainIsRelativeToTheMean) {
  const std::vector<float> norms{0.2f, 1.0f, 1.8f};
  const auto drain = value_drain(norms);
  EXPECT_NEAR(drain[0], 0.2, 1e-6);
  EXPECT_NEAR(drain[2], 1.8, 1e-6);
  EXPECT_EQ(value_drain(std::vector<float>(2)), (std::vector<double>{0, 0}));
}

TEST(AttentionT1, ValueNormsAreThoseOfTheKeyHeadOfEachHead) {
  using namespace nn;
  const auto attention =
      Attention::create({.heads = 4, .kv_heads = 2, .width = 8, .value_width = 3});
  ASSERT_TRUE(attention.ok());
  const AttentionData data(attention->config(), 1, 20);
  const auto layer = trace_layer(*attention, data.input(), 0, "shared");
  ASSERT_TRUE(layer.ok());
  for (int head = 0; head < 4; ++head)
    for (std::ptrdiff_t t = 0; t < 20; ++t) {
      double norm = 0;
      for (int i = 0; i < 3; ++i)
        norm += std::pow(double{data.input().v[0][t][head / 2 * 3 + i]}, 2);
      ASSERT_NEAR(layer->value_norms.view()[head][t], std::sqrt(norm), 1e-6);
    }
}

// From the operation to the numbers: a learnt key without a value takes what the first key had.
TEST(AttentionT1, MeasuresLayersOfTheAttentionOperation) {
  using namespace nn;
  const AttentionCase c = attention_case(
      {.kind = AttentionKind::sink_logit, .heads = 2, .kv_heads = 1, .width = 8, .value_width = 3});
  const std::vector<float> logits(2, 8.0f);
  const auto attention = Attention::create(c.config, {.sink_logits = logits});
  ASSERT_TRUE(attention.ok());
  const AttentionData data(attention->config(), 2, 70);
  AttentionTrace trace;
  trace.layers.push_back(*trace_layer(*attention, data.input(), 1, "only"));
  EXPECT_TRUE(trace.layers[0].normalised && trace.layers[0].causal);
  double norm = 0;
  for (int i = 0; i < 3; ++i) norm += std::pow(double{data.input().v[1][5][i]}, 2);
  EXPECT_NEAR(trace.layers[0].value_norms.view()[1][5], std::sqrt(norm), 1e-6);
  const auto heads = measure_sinks(trace);
  ASSERT_EQ(heads.size(), 1u);
  ASSERT_EQ(heads[0].size(), 2u);
  EXPECT_EQ(heads[0][0].received.size(), 64u);
  EXPECT_EQ(virtual_sink_rate(heads), 1);
  EXPECT_EQ(sink_rate(heads, 0), 0);
}

}  // namespace
}  // namespace limpid::analysis
