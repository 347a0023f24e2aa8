// SPDX-License-Identifier: MIT
// attend and small_product against their oracles: every weight, width, number of rows, part of a
// block, on every instruction set.
#include "lib/kernels/attention.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "lib/base/arena.h"
#include "tests/kernels/every_target.h"

namespace limpid::kernels {
namespace {

using Attend = EveryTarget;
INSTANTIATE_EVERY_TARGET(Attend);

constexpr AttentionWeight kWeights[] = {AttentionWeight::exponential, AttentionWeight::sigmoid,
                                        AttentionWeight::elu1,        AttentionWeight::softplus,
                                        AttentionWeight::power,       AttentionWeight::linear};

struct Case {
  AttentionWeight weight = AttentionWeight::exponential;
  int rows = 3, width = 8, value_width = 8;
  float level = 1;  // of the scores
};

// `count` blocks of random keys and values, and rows that see a different part of each.
class Blocks {
 public:
  Blocks(const Case& c, int count)
      : case_(c),
        queries_(noise(static_cast<std::size_t>(c.rows * c.width), 1, c.level)),
        values_(noise(static_cast<std::size_t>(count * kAttentionKeys * stride()), 2)) {
    keys_ = arena_.claim<float>(static_cast<std::size_t>(count * c.width * kAttentionKeys));
    std::ranges::copy(noise(keys_.size(), 3), keys_.begin());
  }

  KeyBlock block(int b) const {
    return {keys_.data() + b * case_.width * kAttentionKeys,
            values_.data() + b * kAttentionKeys * stride(), stride()};
  }

  std::vector<AttentionRow> rows(float* sums) const {
    std::vector<AttentionRow> all(static_cast<std::size_t>(case_.rows));
    for (int r = 0; r < case_.rows; ++r) {
      AttentionRow& row = all[static_cast<std::size_t>(r)];
      row.query = queries_.data() + r * case_.width;
      row.values = sums + r * case_.value_width;
      row.gain = 0.5f + 0.1f * static_cast<float>(r);
      row.slope = r % 2 == 0 ? 0.0f : 0.05f;
      row.share = 1.5f;
      row.offset = r % 3 == 0 ? 0.0f : 1.0f;
    }
    return all;
  }

 private:
  int stride() const { return case_.value_width + 3; }
  Case case_;
  Arena arena_;
  std::span<float> keys_;
  std::vector<float> queries_, values_;
};

void see(std::vector<AttentionRow>& rows, int first, int last, float distance) {
  int shift = 0;
  for (AttentionRow& row : rows) {
    row.first = std::min(first + shift, last);
    row.last = last;
    row.distance = distance + static_cast<float>(shift++);
  }
}

void check(const Case& c) {
  const Blocks blocks(c, 3);
  const auto size = static_cast<std::size_t>(c.rows * c.value_width);
  Fenced sums(size), expected(size);
  std::fill_n(sums.data(), size, 0.25f);  // what is there counts, but for a softmax's first key
  std::fill_n(expected.data(), size, 0.25f);
  auto rows = blocks.rows(sums.data()), wanted = blocks.rows(expected.data());
  const AttentionRule rule{c.weight, -0.5f, 3.0f};
  // A whole block, a middle part, nothing, one key, up to the end.
  const int parts[][2] = {{0, 64}, {5, 23}, {9, 9}, {63, 64}, {40, 64}, {0, 1}};
  for (int step = 0; step < 6; ++step) {
    see(rows, parts[step][0], parts[step][1], 70.0f - 30.0f * static_cast<float>(step));
    see(wanted, parts[step][0], parts[step][1], 70.0f - 30.0f * static_cast<float>(step));
    attend(rows, c.width, blocks.block(step % 3), c.value_width, rule);
    reference::attend(wanted, c.width, blocks.block(step % 3), c.value_width, rule);
  }
  double error = 0, peak = 1e-3;
  for (std::size_t i = 0; i < size; ++i) {
    error = std::max(error, std::abs(double{sums.data()[i]} - expected.data()[i]));
    peak = std::max(peak, std::abs(double{expected.data()[i]}));
  }
  EXPECT_LE(error, 4e-6 * peak) << "weight " << static_cast<int>(c.weight) << ", rows " << c.rows
                                << ", width " << c.width << ", values " << c.value_width;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const double total = wanted[r].total;
    EXPECT_NEAR(rows[r].total, total, 4e-6 * std::max(5.0, std::abs(total)));
    if (std::isfinite(wanted[r].maximum)) {
      EXPECT_NEAR(rows[r].maximum, wanted[r].maximum, 2e-5);
    }
  }
  ASSERT_FALSE(sums.broken());
}

TEST_P(Attend, MatchesReferenceForEveryWeightAndNumberOfRows) {
  for (const auto weight : kWeights)
    for (int rows = 1; rows <= 11; ++rows) check({weight, rows, 24, 19, 1});
}

TEST_P(Attend, MatchesReferenceForAnyWidth) {
  for (const auto weight : kWeights)
    for (int width : {1, 2, 3, 7, 8, 15, 16, 31, 33, 64, 100})
      check({weight, 5, width, width + 1, 1});
}

TEST_P(Attend, MatchesReferenceForAnyValueWidth) {
  for (int value_width = 0; value_width <= 70; ++value_width)
    check({AttentionWeight::exponential, 4, 8, value_width, 1});
}

TEST_P(Attend, SurvivesScoresBeyondTheRangeOfFloatExponentials) {
  for (const auto weight : {AttentionWeight::exponential, AttentionWeight::sigmoid}) {
    Case c{weight, 4, 16, 8, 1000};
    const Blocks blocks(c, 1);
    std::vector<float> sums(static_cast<std::size_t>(c.rows * c.value_width)), expected = sums;
    auto rows = blocks.rows(sums.data()), wanted = blocks.rows(expected.data());
    see(rows, 0, 50, 0), see(wanted, 0, 50, 0);
    attend(rows, c.width, blocks.block(0), c.value_width, {weight});
    reference::attend(wanted, c.width, blocks.block(0), c.value_width, {weight});
    for (std::size_t i = 0; i < sums.size(); ++i) EXPECT_NEAR(sums[i], expected[i], 2e-3f);
  }
}

TEST_P(Attend, UnseenKeysHaveNoInfluence) {
  for (const auto weight : kWeights) {
    std::vector<float> sums[2];
    for (int run = 0; run < 2; ++run) {
      const Case c{weight, 5, 12, 9, 1};
      const Blocks blocks(c, 1);
      const KeyBlock block = blocks.block(0);
      if (run == 1)  // large numbers everywhere but in keys 11 .. 36
        for (int j = 0; j < kAttentionKeys; ++j) {
          if (j >= 11 && j < 37) continue;
          for (int i = 0; i < c.width; ++i)
            const_cast<float*>(block.keys)[i * kAttentionKeys + j] = 1e18f;
          for (int i = 0; i < c.value_width; ++i)
            const_cast<float*>(block.values)[j * block.value_stride + i] = 1e18f;
        }
      sums[run].resize(static_cast<std::size_t>(c.rows * c.value_width));
      auto rows = blocks.rows(sums[run].data());
      see(rows, 11, 37, 40);
      attend(rows, c.width, block, c.value_width, {weight, 0, 3});
    }
    EXPECT_EQ(std::memcmp(sums[0].data(), sums[1].data(), sums[0].size() * sizeof(float)), 0)
        << static_cast<int>(weight);
  }
}

TEST_P(Attend, ARowHasTheSameBitsInAnyCompany) {
  const Case c{AttentionWeight::exponential, 7, 20, 21, 1};
  const Blocks blocks(c, 2);
  std::vector<float> together(static_cast<std::size_t>(c.rows * c.value_width)), alone = together;
  auto rows = blocks.rows(together.data()), single = blocks.rows(alone.data());
  for (auto* all : {&rows, &single})
    for (AttentionRow& row : *all) row.first = 3, row.last = 61, row.distance = 64;
  for (int b = 0; b < 2; ++b) {
    attend(rows, c.width, blocks.block(b), c.value_width, {});
    for (AttentionRow& row : single) attend({&row, 1}, c.width, blocks.block(b), c.value_width, {});
  }
  EXPECT_EQ(std::memcmp(together.data(), alone.data(), alone.size() * sizeof(float)), 0);
}

TEST_P(Attend, SmallProductMatchesReference) {
  for (int rows : {1, 2, 3, 5, 8, 13})
    for (int k : {1, 2, 17, 64})
      for (int n : {1, 3, 8, 31, 64, 77})
        for (float beta : {0.0f, 0.75f}) {
          const auto a = noise(static_cast<std::size_t>(rows * (k + 1)), 1);
          const auto b = noise(static_cast<std::size_t>(k * (n + 2)), 2);
          Fenced c(static_cast<std::size_t>(rows * (n + 5))), expected(c.size());
          const SmallProduct p{a.data(), k + 1, b.data(), n + 2, c.data(), n + 5, rows, k, n, beta};
          SmallProduct wanted = p;
          wanted.c = expected.data();
          small_product(p);
          reference::small_product(wanted);
          for (std::size_t i = 0; i < c.size(); ++i)
            ASSERT_NEAR(c.data()[i], expected.data()[i],
                        1e-6f * std::max(4.0f, std::abs(expected.data()[i])));
          ASSERT_FALSE(c.broken());
        }
}

}  // namespace
}  // namespace limpid::kernels
