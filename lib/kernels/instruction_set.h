// SPDX-License-Identifier: MIT
// Which of the compiled instruction sets the kernels use on this machine.
#pragma once

#include "lib/base/realtime.h"

namespace limpid::kernels {

// Highway's name of it: "AVX3" (AVX-512), "AVX2", "SSE4", "NEON", ...
const char* instruction_set() LIMPID_REALTIME;

}  // namespace limpid::kernels
