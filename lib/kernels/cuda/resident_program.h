// SPDX-License-Identifier: MIT
// Kernels that keep something in shared memory while tiles of weights come and go beside it: what
// was made of a block's rows, for several products one after the other.
//
//   struct ResidentProgram {
//     static constexpr int kThreads;
//     static constexpr int kShared;              // floats of a tile; there are resident_buffers()
//     static constexpr int kResident;            // floats that stay
//     static constexpr int kPhases;              // of prepare()
//     struct Args {...};
//     struct Registers {...};                    // of one thread
//     static std::int64_t blocks(const Args&);
//     static int steps(const Args&);
//     template <int Phase>
//     static void prepare(int thread, std::int64_t block, float* resident, const Args&,
//                         Registers&);
//     static void fill(int thread, std::int64_t block, int step, float* tile, const Args&);
//     static void add(int thread, std::int64_t block, int step, const float* tile, float* resident,
//                     const Args&, Registers&);
//     static void finish(int thread, std::int64_t block, const Args&, const Registers&);
//   };
//
// Threads wait for each other between phases and before every step, so what a step leaves in
// `resident` is there for the next one. While rows are prepared, and while a step is added, the
// tiles of those that follow come.
#pragma once

#include <cstddef>

#include "lib/kernels/cuda/tiled_program.h"

namespace limpid::kernels::cuda {

// What a block may have on every card since compute capability 8.0.
inline constexpr std::size_t kMaxShared = 99 * 1024;

// What tells it from a TiledProgram.
template <class Program>
concept Resident = requires {
  Program::kResident;
};

template <class Program>
constexpr std::size_t resident_bytes(int buffers) {
  return sizeof(float) * static_cast<std::size_t>(Program::kResident + buffers * Program::kShared);
}
template <class Program>
constexpr int resident_buffers() {
  static_assert(resident_bytes<Program>(2) <= kMaxShared);
  return resident_bytes<Program>(3) <= kMaxShared ? 3 : 2;
}

}  // namespace limpid::kernels::cuda
