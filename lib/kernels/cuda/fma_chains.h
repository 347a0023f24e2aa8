// SPDX-License-Identifier: MIT
// What a card's multiply-add units can do at most: chains of them in registers, enough of them side
// by side to hide their latency, and no memory.
#pragma once

#include <cstdint>

#include "lib/kernels/cuda/host_device.h"

namespace limpid::kernels::cuda {

struct FmaChainsArgs {
  std::int64_t blocks;
  int rounds;
  float factor, term;  // every round: x = x * factor + term
  float* sums;         // [blocks][FmaChains::kThreads]
};

struct FmaChains {
  using Args = FmaChainsArgs;
  static constexpr int kThreads = 256, kPhases = 1, kShared = 0;
  static constexpr int kChains = 16;  // of a thread
  static std::int64_t blocks(const Args& args) { return args.blocks; }
  // Floating-point operations of a launch.
  static double operations(const Args& args) {
    return 2.0 * kChains * kThreads * static_cast<double>(args.rounds) *
           static_cast<double>(args.blocks);
  }

  template <int Phase>
  LIMPID_HD static void run(int thread, std::int64_t block, Complex*, const Args& args) {
    float x[kChains];
    LIMPID_UNROLL
    for (int i = 0; i < kChains; ++i) x[i] = static_cast<float>(thread + i);
    LIMPID_NO_UNROLL
    for (int round = 0; round < args.rounds; ++round) {
      LIMPID_UNROLL
      for (int i = 0; i < kChains; ++i) x[i] = x[i] * args.factor + args.term;
    }
    float sum = 0;  // so that no chain is left out
    LIMPID_UNROLL
    for (int i = 0; i < kChains; ++i) sum += x[i];
    args.sums[block * kThreads + thread] = sum;
  }
};

}  // namespace limpid::kernels::cuda
