// SPDX-License-Identifier: MIT
#include "lib/kernels/cuda/conv_kernels.cuh"

namespace limpid::kernels::cuda {

template Kernel<FusedConvArgs<Half>> fused_conv_kernel<Half>(int, bool);
template Kernel<OuterArgs<Half>> outer_forward_kernel<Half>(int);
template Kernel<OuterArgs<Half>> outer_inverse_kernel<Half>(int);

}  // namespace limpid::kernels::cuda
