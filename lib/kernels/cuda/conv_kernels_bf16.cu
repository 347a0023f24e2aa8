// SPDX-License-Identifier: MIT
#include "lib/kernels/cuda/conv_kernels.cuh"

namespace limpid::kernels::cuda {

template Kernel<FusedConvArgs<BFloat>> fused_conv_kernel<BFloat>(int, bool);
template Kernel<OuterArgs<BFloat>> outer_forward_kernel<BFloat>(int);
template Kernel<OuterArgs<BFloat>> outer_inverse_kernel<BFloat>(int);

}  // namespace limpid::kernels::cuda
