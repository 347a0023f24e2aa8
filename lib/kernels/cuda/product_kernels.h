// SPDX-License-Identifier: MIT
// ComplexProduct, RealProduct, ManyProducts and those of attention as kernels: every kind and
// tiling, in two files that compile side by side.
#pragma once

#include <cuda_runtime.h>

#include "lib/kernels/cuda/context_products.h"
#include "lib/kernels/cuda/many_products.h"
#include "lib/kernels/cuda/real_product.h"
#include "limpid/result.h"

namespace limpid::kernels::cuda {

// Allow them their shared memory: once, while opening.
Status prepare_exact_products();
Status prepare_tensor_products();

Status launch_exact_product(ProductKind kind, const ComplexProductArgs& args, cudaStream_t stream);
Status launch_exact_product(const RealProductArgs& args, cudaStream_t stream);
Status launch_exact_product(const ManyProductArgs& args, cudaStream_t stream);
// `arithmetic`: not exact.
Status launch_tensor_product(ProductKind kind, Arithmetic arithmetic,
                             const ComplexProductArgs& args, cudaStream_t stream);
Status launch_tensor_product(Arithmetic arithmetic, const RealProductArgs& args,
                             cudaStream_t stream);
Status launch_tensor_product(Arithmetic arithmetic, const ManyProductArgs& args,
                             cudaStream_t stream);

Status gather_exact_context(const ContextArgs& args, cudaStream_t stream);
Status gather_tensor_context(Arithmetic arithmetic, const ContextArgs& args, cudaStream_t stream);
Status add_exact_context(const ContextArgs& args, cudaStream_t stream);
Status add_tensor_context(Arithmetic arithmetic, const ContextArgs& args, cudaStream_t stream);

}  // namespace limpid::kernels::cuda
