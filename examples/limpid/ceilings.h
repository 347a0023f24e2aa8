// SPDX-License-Identifier: MIT
// How near a run comes to what a GPU was seen to do at most.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "lib/kernels/cuda/backend.h"

namespace limpid::cli {

// What a run did in a second of the card's time. Bytes are the least there can be: a call reads or
// writes all that its session has once, weights and state included.
struct GpuWork {
  double flops = 0, bytes = 0;
};

Result<kernels::cuda::Ceilings> ceilings_of(int gpu);  // device: there is none

std::string as_text(const GpuWork& work, const kernels::cuda::Ceilings& most);
nlohmann::ordered_json as_json(const GpuWork& work, const kernels::cuda::Ceilings& most);

}  // namespace limpid::cli
