// SPDX-License-Identifier: MIT
// Runs a ResidentProgram (resident_program.h) on the GPU.
#pragma once

#include "lib/kernels/cuda/resident_program.h"
#include "lib/kernels/cuda/tiled_program.cuh"

namespace limpid::kernels::cuda {

// Two blocks share a multiprocessor: that is what their memory leaves room for.
template <class Program>
__global__ void __launch_bounds__(Program::kThreads, 2)
    run_resident(const __grid_constant__ typename Program::Args args) {
  extern __shared__ Four memory[];  // aligned as load_four() needs it
  float* resident = memory[0].v;
  const int thread = static_cast<int>(threadIdx.x);
  typename Program::Registers mine;
  const auto wait = [] { __syncthreads(); };
  stream_tiles<resident_buffers<Program>(), Program::kShared>(
      Program::steps(args), resident + Program::kResident, Copies(), wait,
      [&](int step, float* tile) { Program::fill(thread, blockIdx.x, step, tile, args); },
      [&](int step, const float* tile) {
        Program::add(thread, blockIdx.x, step, tile, resident, args, mine);
      },
      [](int, float*) {},
      [&] { prepare_phases<Program>(thread, blockIdx.x, resident, args, mine, wait); });
  Program::finish(thread, blockIdx.x, args, mine);
}

template <class Program>
Status prepare_resident() {
  return allow_shared(run_resident<Program>, resident_bytes<Program>(resident_buffers<Program>()));
}

template <class Program>
Status launch_resident(const typename Program::Args& args, cudaStream_t stream) {
  return start(run_resident<Program>, Program::blocks(args), Program::kThreads,
               resident_bytes<Program>(resident_buffers<Program>()), args, stream);
}

}  // namespace limpid::kernels::cuda
