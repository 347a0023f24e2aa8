// SPDX-License-Identifier: MIT
// ComplexProduct, RealProduct, ManyProducts, MemoryInput, RowPerceptron, BandSums and products of
// attention as kernels: every kind and tiling. Each arithmetic is compiled by a file of its own.
#pragma once

#include <cuda_runtime.h>

#include "lib/kernels/cuda/band_sums.h"
#include "lib/kernels/cuda/many_products.h"
#include "lib/kernels/cuda/memory_input.h"
#include "lib/kernels/cuda/strip_perceptron.h"
#include "lib/kernels/cuda/strip_queries.h"
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
  static Status gather_context(const ContextArgs& args, cudaStream_t stream);
  static Status add_context(const ContextArgs& args, cudaStream_t stream);
};

}  // namespace limpid::kernels::cuda
