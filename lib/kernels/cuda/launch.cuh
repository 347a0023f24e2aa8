// SPDX-License-Identifier: MIT
// Starting a kernel: what may go wrong, as a result.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>
#include <limits>
#include <string>

#include "lib/kernels/cuda/status.h"

namespace limpid::kernels::cuda {

// Allows a kernel its shared memory: once, while opening.
template <class Args>
Status allow_shared(void (*kernel)(Args), std::size_t bytes) {
  return checked(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                      static_cast<int>(bytes)),
                 "reserving shared memory");
}

template <class Args>
Status start(void (*kernel)(Args), std::int64_t blocks, int threads, std::size_t shared,
             const Args& args, cudaStream_t stream) {
  if (blocks == 0) return Done{};
  if (blocks > std::numeric_limits<std::int32_t>::max())
    return Error{ErrorCode::unsupported,
                 std::to_string(blocks) + " blocks are more than a GPU takes at a time"};
  // Not <<<>>>, whose errors are among those of everything that the thread did before.
  Args copy = args;
  void* parameters[] = {&copy};
  return checked(cudaLaunchKernel(kernel, dim3(static_cast<unsigned>(blocks)),
                                  dim3(static_cast<unsigned>(threads)), parameters, shared, stream),
                 "starting a kernel");
}

}  // namespace limpid::kernels::cuda
