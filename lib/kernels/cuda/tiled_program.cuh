// SPDX-License-Identifier: MIT
// Runs a TiledProgram (tiled_program.h) on the GPU.
#pragma once

#include "lib/kernels/cuda/launch.cuh"
#include "lib/kernels/cuda/tiled_program.h"

namespace limpid::kernels::cuda {

// What happens between the first tile and the last one: fill(step, tile), add(step, tile) and
// settle(step, tile), of kFloats floats a tile, one after the other in shared memory. meanwhile():
// while the first ones come.
template <int kBuffers, int kFloats, class Fill, class Add, class Settle, class Meanwhile>
__device__ __forceinline__ void stream_tiles(int steps, float* tiles, Fill fill, Add add,
                                             Settle settle, Meanwhile meanwhile) {
  constexpr int kAhead = kBuffers - 1;
  const auto tile = [&](int step) { return tiles + step % kBuffers * kFloats; };
  const auto fill_one = [&](int step) {
    if (step < steps) fill(step, tile(step));
    __pipeline_commit();  // nothing too: commits are counted
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
    __pipeline_wait_prior(kAhead - 1);
    __syncthreads();  // this step is there, and nobody reads the one before any more
    fill_one(step + kAhead);
    add(step, tile(step));
    settle_one(step + kAhead);
  }
}

template <class Program>
__global__ void __launch_bounds__(Program::kThreads, tile_blocks<Program>())
    run_tiles(const __grid_constant__ typename Program::Args args) {
  extern __shared__ Four tiles[];  // aligned as load_four() needs it
  const int thread = static_cast<int>(threadIdx.x);
  typename Program::Registers mine;
  Program::begin(thread, blockIdx.x, args, mine);
  stream_tiles<tile_buffers<Program>(), Program::kShared>(
      Program::steps(args, mine), tiles[0].v,
      [&](int step, float* tile) { Program::fill(thread, step, tile, args, mine); },
      [&](int, const float* tile) { Program::add(thread, tile, mine); },
      [&](int, float* tile) { Program::settle(thread, tile, mine); }, [] {});
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
