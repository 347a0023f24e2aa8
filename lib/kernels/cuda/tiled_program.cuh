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
  const int steps = Program::steps(args, mine);
  constexpr int kBuffers = tile_buffers<Program>(), kAhead = kBuffers - 1;
  const auto buffer = [&](int step) { return shared + step % kBuffers * Program::kShared; };
  const auto fill = [&](int step) {
    if (step < steps) Program::fill(thread, step, buffer(step), args, mine);
    __pipeline_commit();  // nothing too: commits are counted
  };
  const auto settle = [&](int step) {
    if (step < steps) Program::settle(thread, buffer(step), mine);
  };
  for (int step = 0; step < kAhead; ++step) {
    fill(step);
    settle(step);
  }
  for (int step = 0; step < steps; ++step) {
    __pipeline_wait_prior(kAhead - 1);
    __syncthreads();  // this step is there, and nobody reads the one before any more
    fill(step + kAhead);
    Program::add(thread, buffer(step), mine);
    settle(step + kAhead);
  }
  Program::finish(thread, blockIdx.x, args, mine);
}

template <class Program>
constexpr std::size_t tile_bytes() {
  return tile_buffers<Program>() * Program::kShared * sizeof(float);
}

template <class Program>
Status prepare_tiles() {
  return allow_shared(run_tiles<Program>, tile_bytes<Program>());
}

template <class Program>
Status launch_tiles(const typename Program::Args& args, cudaStream_t stream) {
  return start(run_tiles<Program>, Program::blocks(args), Program::kThreads, tile_bytes<Program>(),
               args, stream);
}

}  // namespace limpid::kernels::cuda
