// SPDX-License-Identifier: MIT
// Measures what a device can do at most, behind Device::ceilings() (backend.h).
#pragma once

#include "lib/kernels/cuda/backend.h"

namespace limpid::kernels::cuda {

Result<Ceilings> measure_ceilings(Device& device);

}  // namespace limpid::kernels::cuda
