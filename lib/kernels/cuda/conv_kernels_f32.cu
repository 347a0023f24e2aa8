// SPDX-License-Identifier: MIT
#include "lib/kernels/cuda/conv_kernels.cuh"

namespace limpid::kernels::cuda {

template Kernel<FusedConvArgs<float>> fused_conv_kernel<float>(int, bool);
template Kernel<OuterArgs<float>> outer_forward_kernel<float>(int);
template Kernel<OuterArgs<float>> outer_inverse_kernel<float>(int);

}  // namespace limpid::kernels::cuda
