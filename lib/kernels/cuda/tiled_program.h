// SPDX-License-Identifier: MIT
// Kernels whose threads keep sums in registers while tiles of their operands come and go in shared
// memory.
//
//   struct TiledProgram {
//     static constexpr int kThreads, kShared;    // floats of one buffer; there are tile_buffers()
//     static constexpr bool kSettles;            // whether fill() leaves something to settle()
//     struct Args {...};
//     struct Registers {...};                    // of one thread
//     static std::int64_t blocks(const Args&);
//     static int steps(const Args&, const Registers&);
//     static void begin(int thread, std::int64_t block, const Args&, Registers&);
//     static void fill(int thread, int step, float* shared, const Args&, Registers&);
//     static void add(int thread, const float* shared, Registers&);
//     static void settle(int thread, float* shared, const Registers&);
//     static void finish(int thread, std::int64_t block, const Args&, const Registers&);
//   };
//
// While a step is added from one buffer, those that follow fill the others; what goes through
// registers is asked for by fill() before that, and put into its buffer by settle() after it. As
// with a Program (host_device.h), tests on a CPU run the same functions thread by thread.
#pragma once

#include <cstdint>

#include "lib/kernels/cuda/host_device.h"

#ifdef __CUDACC__
#include <cuda_pipeline_primitives.h>
#endif

namespace limpid::kernels::cuda {

// Products of networks have few steps, each of which would wait for memory: most of them are on
// their way before the first is added. Three blocks of 72 KiB share a multiprocessor of an H100.
// Registers have one step.
template <class Program>
constexpr int tile_buffers() {
  if (Program::kSettles) return 2;
  constexpr int fit = 72 * 1024 / (Program::kShared * static_cast<int>(sizeof(float)));
  return fit < 2 ? 2 : fit > 4 ? 4 : fit;
}

// Blocks for which a multiprocessor shall have registers, as far as a program knows better than the
// compiler (kBlocks); 0: the compiler's choice.
template <class Program>
constexpr int tile_blocks() {
  if constexpr (requires { Program::kBlocks; })
    return Program::kBlocks;
  else
    return 0;
}

// *to = *from, or zero; on a GPU it may come later, but before the step is added.
LIMPID_HD void copy_later(float* to, const float* from, bool valid) {
#ifdef __CUDA_ARCH__
  __pipeline_memcpy_async(to, from, sizeof(float), valid ? 0 : sizeof(float));
#else
  *to = valid ? *from : 0.0f;
#endif
}

// Whether several floats may be copied at once, wherever a row begins: of pointers to floats and of
// steps between rows, in floats.
class Alignment {
 public:
  LIMPID_HD Alignment& of(const float* data) {
    all_ |= reinterpret_cast<std::uintptr_t>(data);
    return *this;
  }
  template <class... Steps>
  LIMPID_HD Alignment& steps(Steps... floats) {
    all_ |= (... | static_cast<std::uintptr_t>(floats)) * sizeof(float);
    return *this;
  }
  LIMPID_HD bool whole(std::size_t floats) const { return all_ % (floats * sizeof(float)) == 0; }

 private:
  std::uintptr_t all_ = 0;
};

struct alignas(16) Four {
  float v[4];
};
LIMPID_HD Four load_four(const float* aligned) {
  return *reinterpret_cast<const Four*>(aligned);
}
// As many neighbours as there are, zeros for the others. `whole`: all of them or none, at aligned
// places.
template <class Together = Four>
LIMPID_HD Together load_some(const float* from, int count, bool whole) {
  constexpr int kTogether = sizeof(Together) / sizeof(float);
  Together values{};
  if (whole) return count > 0 ? *reinterpret_cast<const Together*>(from) : values;
  LIMPID_UNROLL for (int i = 0; i < kTogether; ++i) if (i < count) values.v[i] = from[i];
  return values;
}
// As many neighbours as there are to be written. `whole`: at once, where all of them are.
template <class Together>
LIMPID_HD void store_some(float* to, const Together& values, int count, bool whole) {
  constexpr int kTogether = sizeof(Together) / sizeof(float);
  if (whole && count >= kTogether)
    *reinterpret_cast<Together*>(to) = values;
  else
    LIMPID_UNROLL for (int i = 0; i < kTogether; ++i) if (i < count) to[i] = values.v[i];
}
// As copy_later, four floats at aligned places.
LIMPID_HD void copy_four_later(float* to, const float* from, bool valid) {
#ifdef __CUDA_ARCH__
  __pipeline_memcpy_async(to, from, sizeof(Four), valid ? 0 : sizeof(Four));
#else
  *reinterpret_cast<Four*>(to) = valid ? load_four(from) : Four{{0, 0, 0, 0}};
#endif
}

}  // namespace limpid::kernels::cuda
