// SPDX-License-Identifier: MIT
// Runs a TiledProgram (tiled_program.h) on the GPU.
#pragma once

#include "lib/kernels/cuda/launch.cuh"
#include "lib/kernels/cuda/tiled_program.h"

namespace limpid::kernels::cuda {

template <class Program>
__global__ void __launch_bounds__(Program::kThreads)
    run_tiles(const __grid_constant__ typename Program::Args args) {
  extern __shared__ Four tiles[];  // aligned as load_four() needs it
  float* shared = tiles[0].v;
  const int thread = static_cast<int>(threadIdx.x);
  typename Program::Registers mine;
  Program::begin(thread, blockIdx.x, args, mine);
  const int steps = Program::steps(args);
  Program::fill(thread, 0, shared, args, mine);
  __pipeline_commit();
  for (int step = 0; step < steps; ++step) {
    __pipeline_wait_prior(0);
    __syncthreads();  // this step is there, and nobody reads the other buffer any more
    if (step + 1 < steps) {
      Program::fill(thread, step + 1, shared + (step + 1) % 2 * Program::kShared, args, mine);
      __pipeline_commit();
    }
    Program::add(thread, shared + step % 2 * Program::kShared, mine);
  }
  Program::finish(thread, blockIdx.x, args, mine);
}

template <class Program>
Status prepare_tiles() {
  return allow_shared(run_tiles<Program>, 2 * Program::kShared * sizeof(float));
}

template <class Program>
Status launch_tiles(const typename Program::Args& args, cudaStream_t stream) {
  return start(run_tiles<Program>, Program::blocks(args), Program::kThreads,
               2 * Program::kShared * sizeof(float), args, stream);
}

}  // namespace limpid::kernels::cuda
