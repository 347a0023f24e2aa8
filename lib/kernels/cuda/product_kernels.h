// SPDX-License-Identifier: MIT
// Products of networks as kernels: every kind and tiling. Each arithmetic is compiled by a file of
// its own.
#pragma once

#include <cuda_runtime.h>

#include "lib/kernels/cuda/product_programs.h"
#include "limpid/result.h"

namespace limpid::kernels::cuda {

template <Arithmetic kArithmetic>
struct ProductKernels {
  static Status prepare();  // allows them their shared memory: once, while opening

  static Status launch(ProductKind kind, const ComplexProductArgs& args, cudaStream_t stream);
  static Status launch(const RealProductArgs& args, cudaStream_t stream);
  static Status launch(const ManyProductArgs& args, cudaStream_t stream);
  static Status launch(const MemoryInputArgs& args, cudaStream_t stream);
  static Status launch(const RowPerceptronArgs& args, cudaStream_t stream);
  static Status launch(const BandSumsArgs& args, cudaStream_t stream);
  static Status launch(ContextProduct which, const ContextArgs& args, cudaStream_t stream);
};

}  // namespace limpid::kernels::cuda
