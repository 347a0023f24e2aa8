// SPDX-License-Identifier: MIT
// Where the threads of a block wait for each other: for a GPU, and for the tests that look for
// races (tests/cuda/race_check.h). wait() is __syncthreads().
#pragma once

#include <cstdint>

#include "lib/kernels/cuda/host_device.h"

namespace limpid::kernels::cuda {

// All phases of a Program (host_device.h).
template <class Program, int Phase = 0, class Wait>
LIMPID_HD void run_phases(int thread, std::int64_t block, Complex* shared,
                          const typename Program::Args& args, Wait wait) {
  Program::template run<Phase>(thread, block, shared, args);
  if constexpr (Phase + 1 < Program::kPhases) {
    wait();
    run_phases<Program, Phase + 1>(thread, block, shared, args, wait);
  }
}

// How a ResidentProgram (resident_program.h) makes ready.
template <class Program, int Phase = 0, class Wait>
LIMPID_HD void prepare_phases(int thread, std::int64_t block, float* resident,
                              const typename Program::Args& args, typename Program::Registers& mine,
                              Wait wait) {
  Program::template prepare<Phase>(thread, block, resident, args, mine);
  if constexpr (Phase + 1 < Program::kPhases) {
    wait();
    prepare_phases<Program, Phase + 1>(thread, block, resident, args, mine, wait);
  }
}

// What happens between the first tile and the last one: fill(step, tile), add(step, tile) and
// settle(step, tile), of kFloats floats a tile, one after the other in shared memory. meanwhile():
// while the first ones come. copies.commit(): what was asked for since the one before;
// copies.template arrived<kLater>(): this thread's are there, but for the latest kLater commits.
template <int kBuffers, int kFloats, class Copies, class Wait, class Fill, class Add, class Settle,
          class Meanwhile>
LIMPID_HD void stream_tiles(int steps, float* tiles, Copies copies, Wait wait, Fill fill, Add add,
                            Settle settle, Meanwhile meanwhile) {
  constexpr int kAhead = kBuffers - 1;
  const auto tile = [&](int step) { return tiles + step % kBuffers * kFloats; };
  const auto fill_one = [&](int step) {
    if (step < steps) fill(step, tile(step));
    copies.commit();  // nothing too: commits are counted
  };
  const auto settle_one = [&](int step) {
    if (step < steps) settle(step, tile(step));
  };
  for (int step = 0; step < kAhead; ++step) {
    fill_one(step);
    settle_one(step);
  }
  meanwhile();
  for (int step = 0; step < steps; ++step) {
    copies.template arrived<kAhead - 1>();
    wait();  // this step is there, and nobody reads the one before any more
    fill_one(step + kAhead);
    add(step, tile(step));
    settle_one(step + kAhead);
  }
}

}  // namespace limpid::kernels::cuda
