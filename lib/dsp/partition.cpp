// SPDX-License-Identifier: MIT
#include "lib/dsp/partition.h"

#include <algorithm>
#include <bit>
#include <limits>

namespace limpid::dsp {
namespace {

// The largest block is 512 times the smallest: beyond that, the units that a transform is cut into
// are large beside everything that a call has to do, and calls become uneven.
constexpr int kMaxDoublings = 9;

// Shortest path over states (position, size of the block that ends there). Positions count blocks
// of the smallest size from the moment at which a sample arrives; 1 is the first that an FFT can
// serve.
class Search {
 public:
  Search(std::int64_t end, int block, const ConvCosts& costs)
      : end_(end), smallest_(std::countr_zero(static_cast<unsigned>(block))), costs_(costs) {
    while (sizes_ <= kMaxDoublings && smallest_ + sizes_ <= ConvCosts::kLargest &&
           earliest(sizes_) < end_)
      ++sizes_;
    // From here on the largest block is allowed, so that nobody waits any longer for a larger one.
    reach_ = std::min(end_, earliest(sizes_ - 1) + span(sizes_ - 1));
    states_.resize(static_cast<std::size_t>((reach_ + span(sizes_ - 1) + 1) * sizes_));
  }

  std::vector<ConvStage> run(double& cost) {
    for (int size = 0; size < sizes_ && earliest(size) <= 1; ++size)
      improve(1, size, opening(size), -1);
    for (std::int64_t at = 2; at <= reach_; ++at)
      for (int size = 0; size < sizes_; ++size) extend(at, size);
    cost = best_;
    return trace();
  }

 private:
  struct State {
    double cost = std::numeric_limits<double>::infinity();
    int previous = -1;  // size of the block before, -1: none
  };

  std::int64_t span(int size) const { return std::int64_t{1} << size; }
  std::int64_t earliest(int size) const { return size == 0 ? 1 : 2 * span(size) - 1; }
  double opening(int size) const {
    const auto bits = static_cast<std::size_t>(smallest_ + size);
    return costs_.transforms[bits] / static_cast<double>(std::int64_t{1} << bits);
  }
  State& state(std::int64_t at, int size) {
    return states_[static_cast<std::size_t>(at * sizes_ + size)];
  }

  // One partition more, from `begin`; `cost` is that of everything else.
  void improve(std::int64_t begin, int size, double cost, int previous) {
    const std::int64_t at = begin + span(size);
    State& there = state(at, size);
    cost += costs_.multiply;
    if (cost >= there.cost) return;
    there = {cost, previous};
    const std::int64_t rest = std::max<std::int64_t>(0, end_ - at);
    const auto more = static_cast<double>((rest + span(size) - 1) / span(size));
    if (const double total = cost + more * costs_.multiply; total < best_)
      best_ = total, best_at_ = at, best_size_ = size;
  }

  void extend(std::int64_t at, int size) {
    const double cost = state(at, size).cost;
    if (cost == std::numeric_limits<double>::infinity()) return;
    improve(at, size, cost, size);
    for (int next = size + 1; next < sizes_ && earliest(next) <= at; ++next)
      improve(at, next, cost + opening(next), size);
  }

  std::vector<ConvStage> trace() {
    std::vector<ConvStage> stages;
    std::int64_t at = best_at_;
    for (int size = best_size_; size >= 0;) {
      if (stages.empty() || stages.back().block != 1 << (smallest_ + size))
        stages.push_back({1 << (smallest_ + size), 0, 0});
      ++stages.back().parts;
      const int previous = state(at, size).previous;
      at -= span(size);
      stages.back().offset = at << smallest_;
      size = previous;
    }
    std::ranges::reverse(stages);
    const std::int64_t rest = std::max<std::int64_t>(0, end_ - best_at_);
    stages.back().parts += static_cast<int>((rest + span(best_size_) - 1) / span(best_size_));
    return stages;
  }

  std::int64_t end_, reach_ = 0;
  int smallest_, sizes_ = 1;
  const ConvCosts& costs_;
  std::vector<State> states_;
  double best_ = std::numeric_limits<double>::infinity();
  std::int64_t best_at_ = 1;
  int best_size_ = 0;
};

std::int64_t blocks_of(std::int64_t taps, int block) {
  return (taps + block - 1) / block;
}

}  // namespace

const ConvCosts& ConvCosts::defaults() noexcept {
  // AMD EPYC (Zen 3), one core of a virtual machine, AVX2.
  static constexpr ConvCosts costs{{0, 0, 0, 0, 127, 141, 191, 340, 663, 1190, 2800, 5700, 11700,
                                    28e3, 61e3, 135e3, 295e3, 655e3},
                                   0.22,
                                   0.033};
  return costs;
}

ConvPartition partition_filter(std::int64_t taps, int block, bool zero_latency,
                               const ConvCosts& costs) {
  ConvPartition result;
  const auto bits = static_cast<std::size_t>(std::countr_zero(static_cast<unsigned>(block)));
  const double direct = static_cast<double>(taps) * costs.direct;
  const double one_block = costs.transforms[bits] / block;
  const std::int64_t head = zero_latency ? std::min<std::int64_t>(taps, block) : 0;
  const double head_cost = static_cast<double>(head) * costs.direct;
  const std::int64_t blocks = blocks_of(taps - head, block);
  const double uniform = head_cost + one_block + static_cast<double>(blocks) * costs.multiply;
  if (direct <= uniform || blocks == 0) return {taps, {}, 0, direct};
  result.head = head;
  result.latency = zero_latency ? 0 : block;
  if (blocks <= kUniform) {
    result.stages = {{block, head, static_cast<int>(blocks)}};
    result.cost = uniform;
    return result;
  }
  result.stages = Search(1 + blocks, block, costs).run(result.cost);
  result.cost += head_cost;
  for (ConvStage& stage : result.stages) stage.offset -= result.latency;
  return result;
}

}  // namespace limpid::dsp
