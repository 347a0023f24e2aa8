// SPDX-License-Identifier: MIT
#include "lib/kernels/cuda/conv_kernels.cuh"

namespace limpid::kernels::cuda {

template <class T>
Kernel<FusedConvArgs<T>> tensor_conv_kernel(int log_size) {
  return with_constant<kLogLeastTensor, kLogMostTensor>(
      log_size, [](auto size) { return kernel_of<TensorConv<T, size>>(); });
}

template Kernel<FusedConvArgs<float>> tensor_conv_kernel<float>(int);
template Kernel<FusedConvArgs<Half>> tensor_conv_kernel<Half>(int);
template Kernel<FusedConvArgs<BFloat>> tensor_conv_kernel<BFloat>(int);

}  // namespace limpid::kernels::cuda
