// SPDX-License-Identifier: MIT
// Kernels that do not depend on the type of samples: spectra of filters, the second of three
// passes.
#include "lib/kernels/cuda/conv_kernels.cuh"

namespace limpid::kernels::cuda {

Kernel<FusedFilterArgs> fused_filter_kernel(int log_size, bool sparse) {
  return with_constant<7, 14>(log_size, [&](auto size) {
    return sparse ? kernel_of<FusedFilter<size, true>>() : kernel_of<FusedFilter<size>>();
  });
}

Kernel<InnerArgs> inner_conv_kernel() {
  return kernel_of<InnerConv>();
}

Kernel<InnerArgs> inner_filter_kernel() {
  return kernel_of<InnerFilter>();
}

}  // namespace limpid::kernels::cuda
