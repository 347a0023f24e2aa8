// SPDX-License-Identifier: MIT
// Kernels that do not depend on the type of samples: spectra of filters, the second of three
// passes.
#include "lib/kernels/cuda/conv_kernels.cuh"

namespace limpid::kernels::cuda {

Kernel<FusedFilterArgs> fused_filter_kernel(int log_size) {
  switch (log_size) {
    case 7:
      return kernel_of<FusedFilter<7>>();
    case 8:
      return kernel_of<FusedFilter<8>>();
    case 9:
      return kernel_of<FusedFilter<9>>();
    case 10:
      return kernel_of<FusedFilter<10>>();
    case 11:
      return kernel_of<FusedFilter<11>>();
    case 12:
      return kernel_of<FusedFilter<12>>();
    case 13:
      return kernel_of<FusedFilter<13>>();
    default:
      return kernel_of<FusedFilter<14>>();
  }
}

Kernel<InnerArgs> inner_conv_kernel() {
  return kernel_of<InnerConv>();
}

Kernel<InnerArgs> inner_filter_kernel() {
  return kernel_of<InnerFilter>();
}

}  // namespace limpid::kernels::cuda
