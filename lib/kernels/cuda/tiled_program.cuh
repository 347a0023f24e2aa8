// SPDX-License-Identifier: MIT
// Runs a TiledProgram (tiled_program.h) on the GPU.
#pragma once

#include "lib/kernels/cuda/block_steps.h"
#include "lib/kernels/cuda/launch.cuh"
#include "lib/kernels/cuda/tiled_program.h"

namespace limpid::kernels::cuda {

struct Copies {
  __device__ __forceinline__ void commit() const { __pipeline_commit(); }
  template <int kLater>
  __device__ __forceinline__ void arrived() const {
    __pipeline_wait_prior(kLater);
  }
};

template <class Program>
__global__ void __launch_bounds__(Program::kThreads, tile_blocks<Program>())
    run_tiles(const __grid_constant__ typename Program::Args args) {
  extern __shared__ Four tiles[];  // aligned as load_four() needs it
  const int thread = static_cast<int>(threadIdx.x);
  typename Program::Registers mine;
  Program::begin(thread, blockIdx.x, args, mine);
  stream_tiles<tile_buffers<Program>(), Program::kShared>(
      Program::steps(args, mine), tiles[0].v, Copies(), [] { __syncthreads(); },
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
