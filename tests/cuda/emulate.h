// SPDX-License-Identifier: MIT
// Runs a Program or a TiledProgram as a GPU would, but for one thread at a time: block after block,
// phase after phase. Within a phase the order of the threads must not matter, so it is another one
// each time.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>
#include <vector>

#include "lib/kernels/cuda/host_device.h"
#include "lib/kernels/cuda/tiled_program.h"

namespace limpid::kernels::cuda {

template <class Program, int Phase = 0>
void emulate_phases(std::int64_t block, Complex* shared, const typename Program::Args& args,
                    std::vector<int>& order, std::mt19937& random) {
  std::shuffle(order.begin(), order.end(), random);
  for (const int thread : order) Program::template run<Phase>(thread, block, shared, args);
  if constexpr (Phase + 1 < Program::kPhases)
    emulate_phases<Program, Phase + 1>(block, shared, args, order, random);
}

template <class Program>
void emulate(const typename Program::Args& args, unsigned seed = 1) {
  std::mt19937 random(seed);
  std::vector<int> order(Program::kThreads);
  std::iota(order.begin(), order.end(), 0);
  for (std::int64_t block = 0; block < Program::blocks(args); ++block) {
    // What was not written shows: a GPU's shared memory begins with anything.
    const float nan = std::numeric_limits<float>::quiet_NaN();
    std::vector<Complex> shared(Program::kShared, Complex{nan, nan});
    emulate_phases<Program>(block, shared.data(), args, order, random);
  }
}

// The same for a TiledProgram: between two waits, threads fill one buffer and add another.
template <class Program>
void emulate_tiles(const typename Program::Args& args, unsigned seed = 1) {
  std::mt19937 random(seed);
  std::vector<int> order(Program::kThreads);
  std::iota(order.begin(), order.end(), 0);
  std::vector<typename Program::Registers> registers(Program::kThreads);
  for (std::int64_t block = 0; block < Program::blocks(args); ++block) {
    constexpr int kBuffers = tile_buffers<Program>(), kAhead = kBuffers - 1;
    std::vector<Four> tiles(kBuffers * Program::kShared / 4, Four{{NAN, NAN, NAN, NAN}});
    const auto buffer = [&](int step) { return tiles[0].v + step % kBuffers * Program::kShared; };
    const auto each = [&](auto what) {
      std::shuffle(order.begin(), order.end(), random);
      for (const int thread : order) what(thread, registers[static_cast<std::size_t>(thread)]);
    };
    each([&](int thread, auto& mine) { Program::begin(thread, block, args, mine); });
    const int steps = Program::steps(args, registers[0]);
    each([&](int thread, auto& mine) {
      for (int step = 0; step < std::min(kAhead, steps); ++step) {
        Program::fill(thread, step, buffer(step), args, mine);
        Program::settle(thread, buffer(step), mine);
      }
    });
    for (int step = 0; step < steps; ++step) {
      each([&](int thread, auto& mine) {
        const int next = step + kAhead;
        if (next < steps) Program::fill(thread, next, buffer(next), args, mine);
        Program::add(thread, buffer(step), mine);
        if (next < steps) Program::settle(thread, buffer(next), mine);
      });
    }
    each([&](int thread, auto& mine) { Program::finish(thread, block, args, mine); });
  }
}

// Signal to noise in dB; what is not finite counts as noise.
inline double snr(const std::vector<double>& got, const std::vector<double>& want) {
  double signal = 0, error = 0;
  for (std::size_t i = 0; i < want.size(); ++i) {
    const double difference = got[i] - want[i];
    signal += want[i] * want[i];
    error += std::isfinite(difference) ? difference * difference : 1e30;
  }
  return 10 * std::log10(signal / (error + 1e-300));
}

}  // namespace limpid::kernels::cuda
