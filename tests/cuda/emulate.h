// SPDX-License-Identifier: MIT
// Runs a Program, a TiledProgram or a ResidentProgram as a GPU would, but for one thread at a time:
// block after block, phase after phase. Within a phase the order of the threads must not matter, so
// it is another one each time. Compiled for ThreadSanitizer, some blocks run as race_check.h says.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <random>
#include <type_traits>
#include <vector>

#include "lib/kernels/cuda/block_steps.h"
#include "lib/kernels/cuda/resident_program.h"
#include "tests/cuda/race_check.h"

namespace limpid::kernels::cuda {

inline std::size_t size(std::int64_t n) {
  return static_cast<std::size_t>(n);
}

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
  const std::int64_t blocks = Program::blocks(args);
  for (std::int64_t block = 0; block < blocks; ++block) {
    if (is_raced(block, blocks)) continue;
    // What was not written shows: a GPU's shared memory begins with anything.
    const float nan = std::numeric_limits<float>::quiet_NaN();
    std::vector<Complex> shared(Program::kShared, Complex{nan, nan});
    emulate_phases<Program>(block, shared.data(), args, order, random);
  }
  race(Program::kThreads, blocks, 2 * Program::kShared, random,
       [&](int thread, std::int64_t block, float* shared, auto wait) {
         run_phases<Program>(thread, block, reinterpret_cast<Complex*>(shared), args, wait);
       });
}

// Of a new block, registers hold anything: NaNs, and indices and addresses that lie nowhere.
template <class Registers>
void forget(Registers& registers) {
  static_assert(std::is_trivially_copyable_v<Registers>);
  std::memset(static_cast<void*>(&registers), 0xff, sizeof registers);
}

// On a CPU, copies are there at once.
struct NoCopies {
  void commit() const {}
  template <int>
  void arrived() const {}
};

// A block's threads, with what each has in registers.
template <class Program>
class EmulatedThreads {
 public:
  explicit EmulatedThreads(unsigned seed)
      : random_(seed), order_(Program::kThreads), registers_(Program::kThreads) {
    std::iota(order_.begin(), order_.end(), 0);
  }
  // what(thread, its registers) of all, before anyone goes on.
  template <class What>
  void each(What what) {
    std::shuffle(order_.begin(), order_.end(), random_);
    for (const int thread : order_) what(thread, registers_[static_cast<std::size_t>(thread)]);
  }
  const auto& first() const { return registers_[0]; }

  void forget() {
    for (auto& mine : registers_) cuda::forget(mine);
  }

 private:
  std::mt19937 random_;
  std::vector<int> order_;
  std::vector<typename Program::Registers> registers_;
};

// Tiles as they come and go: between two waits, threads fill one and add another. fill, add,
// settle: of (thread, step, tile, registers). meanwhile(): when the first ones are on their way.
template <int kBuffers, class Threads, class Fill, class Add, class Settle, class Meanwhile>
void emulate_stream(Threads& threads, int steps, int floats, float* tiles, Fill fill, Add add,
                    Settle settle, Meanwhile meanwhile) {
  constexpr int kAhead = kBuffers - 1;
  const auto tile = [&](int step) { return tiles + step % kBuffers * floats; };
  threads.each([&](int thread, auto& mine) {
    for (int step = 0; step < std::min(kAhead, steps); ++step) {
      fill(thread, step, tile(step), mine);
      settle(thread, step, tile(step), mine);
    }
  });
  meanwhile();
  for (int step = 0; step < steps; ++step)
    threads.each([&](int thread, auto& mine) {
      const int next = step + kAhead;
      if (next < steps) fill(thread, next, tile(next), mine);
      add(thread, step, tile(step), mine);
      if (next < steps) settle(thread, next, tile(next), mine);
    });
}

// What a GPU's thread does (tiled_program.cuh).
template <class Program>
void race_tiles(const typename Program::Args& args, unsigned seed) {
  std::mt19937 random(seed);
  constexpr int kBuffers = tile_buffers<Program>();
  race(Program::kThreads, Program::blocks(args), kBuffers * Program::kShared, random,
       [&](int thread, std::int64_t block, float* tiles, auto wait) {
         typename Program::Registers mine;
         forget(mine);
         Program::begin(thread, block, args, mine);
         stream_tiles<kBuffers, Program::kShared>(
             Program::steps(args, mine), tiles, NoCopies(), wait,
             [&](int step, float* tile) { Program::fill(thread, step, tile, args, mine); },
             [&](int, const float* tile) { Program::add(thread, tile, mine); },
             [&](int, float* tile) { Program::settle(thread, tile, mine); }, [] {});
         Program::finish(thread, block, args, mine);
       });
}
// And resident_program.cuh.
template <class Program>
void race_resident(const typename Program::Args& args, unsigned seed) {
  std::mt19937 random(seed);
  constexpr int kBuffers = resident_buffers<Program>();
  race(Program::kThreads, Program::blocks(args), Program::kResident + kBuffers * Program::kShared,
       random, [&](int thread, std::int64_t block, float* resident, auto wait) {
         typename Program::Registers mine;
         forget(mine);
         stream_tiles<kBuffers, Program::kShared>(
             Program::steps(args), resident + Program::kResident, NoCopies(), wait,
             [&](int step, float* tile) { Program::fill(thread, block, step, tile, args); },
             [&](int step, const float* tile) {
               Program::add(thread, block, step, tile, resident, args, mine);
             },
             [](int, float*) {},
             [&] { prepare_phases<Program>(thread, block, resident, args, mine, wait); });
         Program::finish(thread, block, args, mine);
       });
}

// The same for a TiledProgram.
template <class Program>
void emulate_tiles(const typename Program::Args& args, unsigned seed = 1) {
  EmulatedThreads<Program> threads(seed);
  const std::int64_t blocks = Program::blocks(args);
  for (std::int64_t block = 0; block < blocks; ++block) {
    if (is_raced(block, blocks)) continue;
    threads.forget();
    constexpr int kBuffers = tile_buffers<Program>();
    auto tiles = unwritten(kBuffers * Program::kShared);
    threads.each([&](int thread, auto& mine) { Program::begin(thread, block, args, mine); });
    emulate_stream<kBuffers>(
        threads, Program::steps(args, threads.first()), Program::kShared, tiles[0].v,
        [&](int thread, int step, float* tile, auto& mine) {
          Program::fill(thread, step, tile, args, mine);
        },
        [&](int thread, int, float* tile, auto& mine) { Program::add(thread, tile, mine); },
        [&](int thread, int, float* tile, auto& mine) { Program::settle(thread, tile, mine); },
        [] {});
    threads.each([&](int thread, auto& mine) { Program::finish(thread, block, args, mine); });
  }
  race_tiles<Program>(args, seed);
}

template <class Program, int Phase = 0>
void emulate_prepare(EmulatedThreads<Program>& threads, std::int64_t block, float* resident,
                     const typename Program::Args& args) {
  threads.each([&](int thread, auto& mine) {
    Program::template prepare<Phase>(thread, block, resident, args, mine);
  });
  if constexpr (Phase + 1 < Program::kPhases)
    emulate_prepare<Program, Phase + 1>(threads, block, resident, args);
}

// And for a ResidentProgram.
template <class Program>
void emulate_resident(const typename Program::Args& args, unsigned seed = 1) {
  EmulatedThreads<Program> threads(seed);
  const std::int64_t blocks = Program::blocks(args);
  for (std::int64_t block = 0; block < blocks; ++block) {
    if (is_raced(block, blocks)) continue;
    threads.forget();
    constexpr int kBuffers = resident_buffers<Program>();
    auto memory = unwritten(Program::kResident + kBuffers * Program::kShared);
    float* resident = memory[0].v;
    emulate_stream<kBuffers>(
        threads, Program::steps(args), Program::kShared, resident + Program::kResident,
        [&](int thread, int step, float* tile, auto&) {
          Program::fill(thread, block, step, tile, args);
        },
        [&](int thread, int step, float* tile, auto& mine) {
          Program::add(thread, block, step, tile, resident, args, mine);
        },
        [](int, int, float*, auto&) {},
        [&] { emulate_prepare<Program>(threads, block, resident, args); });
    threads.each([&](int thread, auto& mine) { Program::finish(thread, block, args, mine); });
  }
  race_resident<Program>(args, seed);
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
