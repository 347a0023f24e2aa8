// SPDX-License-Identifier: MIT
// Every option of attention at a value that is not its default: none of them may be ignored.
#include <algorithm>

#include "tests/nn/attention_check.h"

namespace limpid::nn {
namespace {

using enum AttentionKind;
constexpr std::int64_t kReaches[] = {kUnlimited, 40};

TEST(AttentionOptions, Scale) {
  for (const auto kind : {softmax, softmax1, sink_logit, key_bias, sigmoid, elu1, linear_decay})
    for (const auto past : kReaches)  // of linear_decay: a state, and keys
      check({.kind = kind, .heads = 2, .width = 8, .past = past, .scale = 0.8f}, 1, 150);
}

TEST(AttentionOptions, RotaryBase) {
  for (const auto kind : {softmax, linear_decay})
    check({.kind = kind,
           .heads = 2,
           .width = 8,
           .position = AttentionPosition::rotary,
           .rotary_base = 100},
          1, 150);
}

TEST(AttentionOptions, ExponentOfLssar) {
  for (const float exponent : {1.0f, 2.5f, 15.0f})
    check({.kind = lssar, .heads = 2, .width = 8, .exponent = exponent}, 1, 100);
}

TEST(AttentionOptions, BiasOfElu1) {
  for (const float bias : {-2.0f, 0.7f})
    check({.kind = elu1, .heads = 2, .width = 8, .past = 40, .bias = bias}, 1, 100);
}

// A vector of zeros has no direction; it meets every key alike, and nothing is divided by zero.
TEST(AttentionOptions, QueriesAndKeysOfZeroLengthOfLssa) {
  const auto zeros = [](AttentionData& data) {
    std::ranges::fill(data.q()[0][60].span(), 0.0f);
    std::ranges::fill(data.k()[0][50].span(), 0.0f);
  };
  for (const auto kind : {lssa, lssar})
    check({.kind = kind, .heads = 2, .width = 8}, 1, 100, zeros);
}

}  // namespace
}  // namespace limpid::nn
