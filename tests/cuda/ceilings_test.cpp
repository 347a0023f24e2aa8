// SPDX-License-Identifier: MIT
// The loop that measures a card's multiply-add units does the operations that it is counted for.
#include <gtest/gtest.h>

#include <cmath>

#include "lib/kernels/cuda/fma_chains.h"
#include "tests/cuda/emulate.h"

namespace limpid::kernels::cuda {
namespace {

TEST(CudaCeilings, EveryChainOfEveryThreadIsFollowed) {
  constexpr int kRounds = 12, kBlocks = 3;
  constexpr float kFactor = 0.75f, kTerm = 2.0f;
  std::vector<float> sums(kBlocks * FmaChains::kThreads, NAN);
  const FmaChainsArgs args{kBlocks, kRounds, kFactor, kTerm, sums.data()};
  emulate<FmaChains>(args);
  const double power = std::pow(double{kFactor}, kRounds), limit = kTerm / (1 - kFactor);
  for (std::size_t i = 0; i < sums.size(); ++i) {
    double want = 0;
    for (int chain = 0; chain < FmaChains::kChains; ++chain) {
      const double first = static_cast<double>(i % FmaChains::kThreads) + chain;
      want += limit + (first - limit) * power;
    }
    ASSERT_NEAR(sums[i], want, 1e-4 * want) << "thread " << i;
  }
  EXPECT_EQ(FmaChains::operations(args), 2.0 * 16 * 256 * kRounds * kBlocks);
}

}  // namespace
}  // namespace limpid::kernels::cuda
