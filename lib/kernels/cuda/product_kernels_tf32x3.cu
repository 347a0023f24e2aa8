// SPDX-License-Identifier: MIT
#include "lib/kernels/cuda/product_kernels.cuh"

template struct limpid::kernels::cuda::ProductKernels<limpid::Arithmetic::tf32x3>;
