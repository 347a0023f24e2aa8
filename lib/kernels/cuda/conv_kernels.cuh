// SPDX-License-Identifier: MIT
// From a transform size at run time to the kernel that was compiled for it.
#pragma once

#include "lib/kernels/cuda/constants.h"
#include "lib/kernels/cuda/conv_kernels.h"
#include "lib/kernels/cuda/program.cuh"

namespace limpid::kernels::cuda {

template <class Program>
Kernel<typename Program::Args> kernel_of() {
  return {prepare<Program>, launch<Program>};
}

template <class T>
Kernel<FusedConvArgs<T>> fused_conv_kernel(int log_size, bool sparse) {
  return with_constant<7, 14>(log_size, [&](auto size) {
    return sparse ? kernel_of<FusedConv<T, size, true>>() : kernel_of<FusedConv<T, size>>();
  });
}

template <class T>
Kernel<OuterArgs<T>> outer_forward_kernel(int log_outer) {
  return with_constant<3, 9>(log_outer,
                             [](auto outer) { return kernel_of<OuterForward<T, outer>>(); });
}

template <class T>
Kernel<OuterArgs<T>> outer_inverse_kernel(int log_outer) {
  return with_constant<3, 9>(log_outer,
                             [](auto outer) { return kernel_of<OuterInverse<T, outer>>(); });
}

}  // namespace limpid::kernels::cuda
