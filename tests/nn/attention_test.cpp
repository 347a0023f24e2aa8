// SPDX-License-Identifier: MIT
// Whole sequences: every kind, reach, position, gate and number of heads against the oracle, on
// every instruction set; and what create() refuses.
#include <algorithm>

#include "lib/nn/attention.h"

#include "tests/kernels/every_target.h"
#include "tests/nn/attention_check.h"

namespace limpid::nn {
namespace {

class AttentionOp : public kernels::EveryTarget {};
INSTANTIATE_EVERY_TARGET(AttentionOp);

TEST_P(AttentionOp, EveryKindAndReachMatchesItsDefinition) {
  for (const auto kind : kAttentionKinds)
    for (const auto& [past, future] :
         {std::pair{kUnlimited, std::int64_t{0}}, std::pair{kUnlimited, kUnlimited},
          std::pair{std::int64_t{36}, std::int64_t{0}},
          std::pair{std::int64_t{9}, std::int64_t{20}}})
      check({.kind = kind, .heads = 2, .width = 12, .past = past, .future = future}, 2, 131);
}

TEST_P(AttentionOp, EveryKindWithEveryPosition) {
  for (const auto kind : kAttentionKinds)
    for (const auto position : {AttentionPosition::rotary, AttentionPosition::alibi}) {
      if (kind == AttentionKind::linear_decay && position == AttentionPosition::alibi) continue;
      check({.kind = kind, .heads = 3, .width = 10, .position = position}, 1, 97);
      check({.kind = kind, .heads = 3, .width = 10, .past = 40, .position = position}, 1, 97);
    }
}

TEST_P(AttentionOp, EveryKindWithSinks) {
  for (const auto kind : kAttentionKinds) {
    if (kind == AttentionKind::linear_decay) continue;
    for (const auto position :
         {AttentionPosition::none, AttentionPosition::rotary, AttentionPosition::alibi})
      check({.kind = kind, .heads = 2, .width = 8, .past = 20, .sinks = 4, .position = position}, 1,
            150);
  }
}

TEST_P(AttentionOp, HeadsShareKeysAndWidthsDiffer) {
  for (const auto kind : kAttentionKinds)
    check({.kind = kind, .heads = 6, .kv_heads = 2, .width = 7, .value_width = 19, .past = 50}, 2,
          80);
}

TEST_P(AttentionOp, EveryKindWithGates) {
  for (const auto kind : kAttentionKinds)
    for (const auto gate : {AttentionGate::head, AttentionGate::element})
      check({.kind = kind, .heads = 4, .kv_heads = 2, .width = 9, .gate = gate}, 1, 70);
}

TEST_P(AttentionOp, AwkwardLengthsAndWidths) {
  for (int frames : {1, 2, 3, 63, 64, 65, 128, 129})
    for (int width : {1, 5, 33})
      check({.kind = AttentionKind::softmax, .heads = 2, .width = width, .past = 63}, 1, frames);
}

// Nothing is above the mean; rounding must not make it look so.
TEST_P(AttentionOp, LssarOfEqualScoresIsNothing) {
  const auto equal_keys = [](AttentionData& data) {
    for (std::ptrdiff_t t = 1; t < 131; ++t)
      std::ranges::copy(data.k()[0][0].span(), data.k()[0][t].data());
  };
  for (const auto past : {kUnlimited, std::int64_t{20}})
    for (const int width : {8, 13, 32})
      check({.kind = AttentionKind::lssar, .heads = 2, .width = width, .past = past}, 1, 131,
            equal_keys);
}

TEST(Attention, ReadsInputsOfAnyStrideAndWritesOnlyItsOutput) {
  const AttentionCase c = attention_case({.heads = 2, .width = 6, .past = 10});
  const auto attention = Attention::create(c.config, c.parameters());
  ASSERT_TRUE(attention.ok());
  const AttentionData data(attention->config(), 1, 50);
  Tensor<float, 3> fused({1, 50, 36}), y({1, 50, 12}), wide({1, 50, 20});
  for (std::ptrdiff_t t = 0; t < 50; ++t)
    for (std::ptrdiff_t i = 0; i < 12; ++i) {
      fused.view()[0][t][i] = data.input().q[0][t][i];
      fused.view()[0][t][12 + i] = data.input().k[0][t][i];
      fused.view()[0][t][24 + i] = data.input().v[0][t][i];
    }
  const auto all = TensorView<const float, 3>(fused.view());
  ASSERT_TRUE(attention->run(data.input(), y.view()).ok());
  ASSERT_TRUE(attention
                  ->run({all.slice(2, 0, 12), all.slice(2, 12, 12), all.slice(2, 24, 12), {}},
                        wide.view().slice(2, 4, 12))
                  .ok());
  for (std::ptrdiff_t t = 0; t < 50; ++t)
    for (std::ptrdiff_t i = 0; i < 20; ++i)
      EXPECT_EQ(wide.view()[0][t][i], i < 4 || i >= 16 ? 0.0f : y.view()[0][t][i - 4]);
}

TEST(Attention, MapHoldsTheWeights) {
  for (const auto kind : kAttentionKinds) {
    const AttentionCase c = attention_case({.kind = kind,
                                            .heads = 4,
                                            .kv_heads = 2,
                                            .width = 6,
                                            .past = 30,
                                            .gate = AttentionGate::head});
    const auto attention = Attention::create(c.config, c.parameters());
    ASSERT_TRUE(attention.ok());
    const AttentionData data(attention->config(), 2, 90);
    const auto map = attention->map(data.input(), 1);
    ASSERT_TRUE(map.ok()) << map.error().message;
    const NaiveAttention naive(c, *attention);
    for (int head = 0; head < 4; ++head)
      for (std::ptrdiff_t t = 0; t < 90; ++t) {
        const auto w = naive.weights(data.input(), 1, head, t);
        for (std::ptrdiff_t j = 0; j < 90; ++j)
          ASSERT_NEAR(map->view()[head][t][j], w[static_cast<std::size_t>(j)], 1e-5)
              << describe(attention->config());
      }
  }
}

TEST(Attention, RefusesWhatDoesNotFitTogether) {
  const std::vector<float> one(1, 0.5f), two(2, 0.5f), zero(2, 0.0f), nan(2, NAN);
  const auto refuses = [](const AttentionConfig& config, const AttentionParameters& parameters,
                          const char* about) {
    const auto made = Attention::create(config, parameters);
    ASSERT_FALSE(made.ok()) << about;
    EXPECT_EQ(made.error().code, ErrorCode::invalid_argument);
    EXPECT_NE(made.error().message.find(about), std::string::npos) << made.error().message;
  };
  using enum AttentionKind;
  refuses({.heads = 0, .width = 4}, {}, "heads");
  refuses({.heads = 1}, {}, "widths");
  refuses({.kind = key_bias, .heads = 65536, .width = 65536}, {}, "below 2^31");
  refuses({.heads = 4, .kv_heads = 3, .width = 4}, {}, "share");
  refuses({.heads = 2, .width = 4, .past = -1}, {}, "past");
  refuses({.heads = 2, .width = 4, .past = 8, .sinks = 65}, {}, "sinks");
  refuses({.heads = 2, .width = 4, .sinks = 2}, {}, "sinks");
  refuses({.heads = 2, .width = 5, .position = AttentionPosition::rotary}, {}, "even width");
  refuses({.kind = sink_logit, .heads = 2, .width = 4}, {}, "sink_logits");
  refuses({.kind = sink_logit, .heads = 2, .width = 4}, {.sink_logits = nan}, "numbers");
  refuses({.kind = softmax, .heads = 2, .width = 4}, {.sink_logits = two}, "sink_logits");
  refuses({.kind = key_bias, .heads = 2, .width = 4}, {.sink_keys = two}, "sink_keys");
  refuses({.kind = linear_decay, .heads = 2, .width = 4}, {.slopes = one}, "slopes");
  const std::vector<float> slow(2, 2.9e-8f), slowest(2, 3e-8f);  // e^-slope is 1, and less
  for (const auto& slopes : {zero, slow})
    refuses({.kind = linear_decay, .heads = 2, .width = 4}, {.slopes = slopes}, "decay");
  EXPECT_TRUE(
      Attention::create({.kind = linear_decay, .heads = 2, .width = 4}, {.slopes = slowest}).ok());
  refuses({.kind = lssar, .heads = 2, .width = 4, .exponent = 0}, {}, "exponent");
}

TEST(Attention, RefusesTensorsOfTheWrongShape) {
  const auto attention = Attention::create({.heads = 2, .width = 4});
  ASSERT_TRUE(attention.ok());
  const AttentionData data(attention->config(), 1, 9);
  Tensor<float, 3> y({1, 9, 7});
  const auto done = attention->run(data.input(), y.view());
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().message, "attention: y must be [1][9][8], found [1][9][7]");
}

TEST(Attention, SlopesAreThoseOfThePapers) {
  const auto eight = alibi_slopes(8);
  for (int h = 0; h < 8; ++h)
    EXPECT_FLOAT_EQ(eight[static_cast<std::size_t>(h)], std::exp2(-static_cast<float>(h + 1)));
  const auto three = alibi_slopes(3);  // those of two heads, then the first of four
  EXPECT_FLOAT_EQ(three[0], 0.0625f);
  EXPECT_FLOAT_EQ(three[1], 0.00390625f);
  EXPECT_FLOAT_EQ(three[2], 0.25f);
  EXPECT_FLOAT_EQ(lightning_slopes(4, 0, 6)[3], 0.00390625f * (1 + 1e-5f));
  EXPECT_FLOAT_EQ(lightning_slopes(4, 5, 6)[0], 1.0f / 2048);  // the last layer forgets too
}

}  // namespace
}  // namespace limpid::nn
