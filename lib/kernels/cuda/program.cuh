// SPDX-License-Identifier: MIT
// Runs a Program (host_device.h) on the GPU.
#pragma once

#include "lib/kernels/cuda/block_steps.h"
#include "lib/kernels/cuda/launch.cuh"

namespace limpid::kernels::cuda {

template <class Program>
__global__ void __launch_bounds__(Program::kThreads)
    run_program(const __grid_constant__ typename Program::Args args) {
  extern __shared__ Complex shared[];
  run_phases<Program>(static_cast<int>(threadIdx.x), blockIdx.x, shared, args,
                      [] { __syncthreads(); });
}

template <class Program>
Status prepare() {
  return allow_shared(run_program<Program>, Program::kShared * sizeof(Complex));
}

template <class Program>
Status launch(const typename Program::Args& args, cudaStream_t stream) {
  return start(run_program<Program>, Program::blocks(args), Program::kThreads,
               Program::kShared * sizeof(Complex), args, stream);
}

}  // namespace limpid::kernels::cuda
