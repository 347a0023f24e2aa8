// SPDX-License-Identifier: MIT
// Runs a Program (host_device.h) on the GPU.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>
#include <limits>
#include <string>

#include "lib/kernels/cuda/host_device.h"
#include "lib/kernels/cuda/status.h"

namespace limpid::kernels::cuda {

template <class Program, int Phase = 0>
__device__ __forceinline__ void run_phases(Complex* shared, const typename Program::Args& args) {
  Program::template run<Phase>(static_cast<int>(threadIdx.x), blockIdx.x, shared, args);
  if constexpr (Phase + 1 < Program::kPhases) {
    __syncthreads();
    run_phases<Program, Phase + 1>(shared, args);
  }
}

template <class Program>
__global__ void __launch_bounds__(Program::kThreads)
    run_program(const __grid_constant__ typename Program::Args args) {
  extern __shared__ Complex shared[];
  run_phases<Program>(shared, args);
}

// Allows the program its shared memory: once, while opening.
template <class Program>
Status prepare() {
  constexpr int kBytes = Program::kShared * static_cast<int>(sizeof(Complex));
  return checked(cudaFuncSetAttribute(run_program<Program>,
                                      cudaFuncAttributeMaxDynamicSharedMemorySize, kBytes),
                 "reserving shared memory");
}

template <class Program>
Status launch(const typename Program::Args& args, cudaStream_t stream) {
  const std::int64_t blocks = Program::blocks(args);
  if (blocks == 0) return Done{};
  if (blocks > std::numeric_limits<std::int32_t>::max())
    return Error{ErrorCode::unsupported,
                 std::to_string(blocks) + " blocks are more than a GPU takes at a time"};
  run_program<Program><<<static_cast<unsigned>(blocks), Program::kThreads,
                         Program::kShared * sizeof(Complex), stream>>>(args);
  return checked(cudaGetLastError(), "starting a kernel");
}

}  // namespace limpid::kernels::cuda
