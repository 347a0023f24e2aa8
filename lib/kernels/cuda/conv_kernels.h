// SPDX-License-Identifier: MIT
// The kernels of long convolutions, by transform size. Each sample type is compiled by a file of
// its own.
#pragma once

#include <cuda_runtime.h>

#include "lib/kernels/cuda/fused_conv.h"
#include "lib/kernels/cuda/split_conv.h"
#include "limpid/result.h"

namespace limpid::kernels::cuda {

template <class Args>
struct Kernel {
  Status (*prepare)();  // once, while opening
  Status (*launch)(const Args& args, cudaStream_t stream);
};

// 2^log_size complex points, 7 .. 14; of all frequencies or of those that a sparse filter keeps.
template <class T>
Kernel<FusedConvArgs<T>> fused_conv_kernel(int log_size, bool sparse);
Kernel<FusedFilterArgs> fused_filter_kernel(int log_size, bool sparse);

// 2^log_outer rows of 4096, 3 .. 9.
template <class T>
Kernel<OuterArgs<T>> outer_forward_kernel(int log_outer);
template <class T>
Kernel<OuterArgs<T>> outer_inverse_kernel(int log_outer);
Kernel<InnerArgs> inner_conv_kernel();
Kernel<InnerArgs> inner_filter_kernel();

}  // namespace limpid::kernels::cuda
