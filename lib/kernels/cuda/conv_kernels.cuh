// SPDX-License-Identifier: MIT
// From a transform size at run time to the kernel that was compiled for it.
#pragma once

#include "lib/kernels/cuda/conv_kernels.h"
#include "lib/kernels/cuda/program.cuh"

namespace limpid::kernels::cuda {

template <class Program>
Kernel<typename Program::Args> kernel_of() {
  return {prepare<Program>, launch<Program>};
}

template <class T>
Kernel<FusedConvArgs<T>> fused_conv_kernel(int log_size) {
  switch (log_size) {
    case 7:
      return kernel_of<FusedConv<T, 7>>();
    case 8:
      return kernel_of<FusedConv<T, 8>>();
    case 9:
      return kernel_of<FusedConv<T, 9>>();
    case 10:
      return kernel_of<FusedConv<T, 10>>();
    case 11:
      return kernel_of<FusedConv<T, 11>>();
    case 12:
      return kernel_of<FusedConv<T, 12>>();
    case 13:
      return kernel_of<FusedConv<T, 13>>();
    default:
      return kernel_of<FusedConv<T, 14>>();
  }
}

template <class T>
Kernel<OuterArgs<T>> outer_forward_kernel(int log_outer) {
  switch (log_outer) {
    case 3:
      return kernel_of<OuterForward<T, 3>>();
    case 4:
      return kernel_of<OuterForward<T, 4>>();
    case 5:
      return kernel_of<OuterForward<T, 5>>();
    case 6:
      return kernel_of<OuterForward<T, 6>>();
    case 7:
      return kernel_of<OuterForward<T, 7>>();
    case 8:
      return kernel_of<OuterForward<T, 8>>();
    default:
      return kernel_of<OuterForward<T, 9>>();
  }
}

template <class T>
Kernel<OuterArgs<T>> outer_inverse_kernel(int log_outer) {
  switch (log_outer) {
    case 3:
      return kernel_of<OuterInverse<T, 3>>();
    case 4:
      return kernel_of<OuterInverse<T, 4>>();
    case 5:
      return kernel_of<OuterInverse<T, 5>>();
    case 6:
      return kernel_of<OuterInverse<T, 6>>();
    case 7:
      return kernel_of<OuterInverse<T, 7>>();
    case 8:
      return kernel_of<OuterInverse<T, 8>>();
    default:
      return kernel_of<OuterInverse<T, 9>>();
  }
}

}  // namespace limpid::kernels::cuda
