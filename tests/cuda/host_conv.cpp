// SPDX-License-Identifier: MIT
#include "tests/cuda/host_conv.h"

namespace limpid::kernels::cuda {

template void host_conv(const ConvData<float>&, const ConvPlan&, float*, bool, std::int64_t);
template void host_conv(const ConvData<Half>&, const ConvPlan&, Half*, bool, std::int64_t);
template void host_conv(const ConvData<BFloat>&, const ConvPlan&, BFloat*, bool, std::int64_t);

}  // namespace limpid::kernels::cuda
