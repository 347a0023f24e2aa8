// SPDX-License-Identifier: MIT
// A whole sequence against the oracle.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/nn/naive_attention.h"

namespace limpid::nn {

// Of random input, which `change` may make special.
inline void check(const AttentionConfig& config, int lanes, int frames,
                  void (*change)(AttentionData&) = nullptr) {
  const AttentionCase c = attention_case(config);
  const auto attention = Attention::create(c.config, c.parameters());
  ASSERT_TRUE(attention.ok()) << attention.error().message;
  const AttentionConfig& full = attention->config();
  AttentionData data(full, lanes, frames);
  if (change != nullptr) change(data);
  Tensor<float, 3> y({lanes, frames, full.heads * full.value_width});
  ASSERT_TRUE(attention->run(data.input(), y.view()).ok());
  const auto expected = NaiveAttention(c, *attention).run(data.input());
  double error = 0, peak = 1;
  for (std::ptrdiff_t i = 0; i < AttentionData::size(y); ++i) {
    const double wanted = expected.view().data()[i];
    ASSERT_TRUE(std::isfinite(y.view().data()[i])) << describe(full);
    error = std::max(error, std::abs(y.view().data()[i] - wanted));
    peak = std::max(peak, std::abs(wanted));
  }
  EXPECT_LE(error, 1e-5 * peak) << describe(full) << ", frames " << frames;
}

}  // namespace limpid::nn
