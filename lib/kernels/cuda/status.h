// SPDX-License-Identifier: MIT
// Errors of CUDA as results, and device memory that frees itself.
#pragma once

#include <cuda_runtime.h>

#include <memory>
#include <string>
#include <utility>

#include "limpid/result.h"

namespace limpid::kernels::cuda {

// A failure that is told here is over: the run-time library would tell it again to whoever asks a
// thread for its last error.
inline Status checked(cudaError_t code, const char* what) {
  if (code == cudaSuccess) return Done{};
  static_cast<void>(cudaGetLastError());
  return Error{code == cudaErrorMemoryAllocation ? ErrorCode::out_of_memory : ErrorCode::device,
               std::string("CUDA: ") + what + ": " + cudaGetErrorString(code)};
}

struct DeviceFree {
  void operator()(void* memory) const noexcept { cudaFree(memory); }
};
template <class T>
using DeviceArray = std::unique_ptr<T[], DeviceFree>;

template <class T>
Result<DeviceArray<T>> device_array(std::size_t count) {
  void* memory = nullptr;
  if (auto done = checked(cudaMalloc(&memory, count * sizeof(T)), "allocating memory"); !done)
    return Error{done.error().code,
                 done.error().message + " (" + std::to_string(count * sizeof(T)) + " bytes)"};
  return DeviceArray<T>(static_cast<T*>(memory));
}

// A copy of host memory on the device, which is there for kernels of every stream.
template <class T, class Container>
Result<DeviceArray<T>> uploaded(const Container& values) {
  auto memory = device_array<T>(values.size());
  if (!memory) return memory;
  if (auto done = checked(cudaMemcpy(memory->get(), values.data(), values.size() * sizeof(T),
                                     cudaMemcpyHostToDevice),
                          "copying tables");
      !done)
    return done.error();
  // Of memory that is not pinned, the copy may have come no further than the driver's own memory.
  if (auto done = checked(cudaStreamSynchronize(nullptr), "copying tables"); !done)
    return done.error();
  return memory;
}

}  // namespace limpid::kernels::cuda
