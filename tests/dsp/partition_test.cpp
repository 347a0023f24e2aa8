// SPDX-License-Identifier: MIT
// Partitions cover the filter, can be computed in time, and are the cheapest of all.
#include "lib/dsp/partition.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>

namespace limpid::dsp {
namespace {

// Simple enough to be computed by hand; the shape is that of the measured one.
ConvCosts simple_costs() {
  ConvCosts costs{};
  for (std::size_t bits = 0; bits < costs.transforms.size(); ++bits)
    costs.transforms[bits] = static_cast<double>(bits) * static_cast<double>(1 << bits) * 0.3;
  costs.multiply = 0.25;
  costs.direct = 0.05;
  return costs;
}

double cost_of(const ConvPartition& partition, const ConvCosts& costs) {
  double sum = static_cast<double>(partition.head) * costs.direct;
  for (const ConvStage& stage : partition.stages) {
    const auto bits =
        static_cast<std::size_t>(std::countr_zero(static_cast<unsigned>(stage.block)));
    sum += costs.transforms[bits] / stage.block + stage.parts * costs.multiply;
  }
  return sum;
}

TEST(Partition, CoversTheFilterInTime) {
  for (const bool zero_latency : {false, true})
    for (const int block : {16, 64, 256, 1024, 1 << 17})
      for (std::int64_t taps = 1; taps < 40'000'000; taps = taps * 5 / 3 + 1) {
        const ConvCosts costs = simple_costs();
        const ConvPartition cut = partition_filter(taps, block, zero_latency, costs);
        EXPECT_NEAR(cut.cost, cost_of(cut, costs), 1e-9 * cut.cost);
        std::int64_t covered = cut.head;
        int previous = 0;
        for (const ConvStage& stage : cut.stages) {
          ASSERT_EQ(stage.offset, covered) << taps << " " << block;
          ASSERT_GT(stage.block, previous);
          ASSERT_GE(stage.parts, 1);
          // Ready in time: the block has to arrive, and its work takes as long again.
          ASSERT_GE(stage.offset + cut.latency, 2 * stage.block - block);
          covered += std::int64_t{stage.block} * stage.parts;
          previous = stage.block;
        }
        ASSERT_GE(covered, taps);
        if (!cut.stages.empty()) {
          ASSERT_EQ(cut.stages.front().block, block);
          ASSERT_LT(covered - taps, cut.stages.back().block);  // no idle partition
        }
        ASSERT_EQ(cut.latency, zero_latency || cut.stages.empty() ? 0 : block);
      }
}

TEST(Partition, ShortFiltersAreDirectAndThenUniform) {
  const ConvCosts costs = simple_costs();
  EXPECT_TRUE(partition_filter(20, 64, false, costs).stages.empty());
  EXPECT_EQ(partition_filter(20, 64, false, costs).head, 20);
  EXPECT_EQ(partition_filter(16 * 64, 64, false, costs).stages.size(), 1u);
  EXPECT_GT(partition_filter(100 * 64, 64, false, costs).stages.size(), 1u);
}

// Every chain of sizes with every useful number of partitions.
double cheapest(std::int64_t at, std::int64_t end, int block, int size, const ConvCosts& costs) {
  double best = 1e30;
  const auto bits = static_cast<std::size_t>(std::countr_zero(static_cast<unsigned>(size)));
  const double opening = costs.transforms[bits] / size;
  for (int parts = 1; parts <= 60; ++parts) {
    const double cost = opening + parts * costs.multiply;
    const std::int64_t next = at + std::int64_t{parts} * size;
    if (next >= end) return std::min(best, cost);
    for (int larger = 2 * size; larger <= 1 << 12 && 2 * larger - block <= next; larger *= 2)
      best = std::min(best, cost + cheapest(next, end, block, larger, costs));
  }
  return best;
}

TEST(Partition, IsTheCheapest) {
  const ConvCosts costs = simple_costs();
  for (const std::int64_t taps : {1100, 2000, 3777, 6000}) {
    const ConvPartition cut = partition_filter(taps, 64, false, costs);
    EXPECT_NEAR(cut.cost, cheapest(64, 64 + taps, 64, 64, costs), 1e-9) << taps;
  }
}

TEST(Partition, FollowsTheCosts) {
  ConvCosts costs = simple_costs();
  const auto few = partition_filter(1 << 17, 128, false, costs);
  costs.multiply *= 20;  // partitions are dear: more stages, so that there are fewer
  const auto many = partition_filter(1 << 17, 128, false, costs);
  EXPECT_GT(many.stages.size(), few.stages.size());
}

}  // namespace
}  // namespace limpid::dsp
