// SPDX-License-Identifier: MIT
#include "examples/limpid/ceilings.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace limpid::cli {

Result<kernels::cuda::Ceilings> ceilings_of(int gpu) {
  auto device = kernels::cuda::open_device(gpu);
  if (!device) return std::move(device).error();
  return (*device)->ceilings();
}

std::string as_text(const GpuWork& work, const kernels::cuda::Ceilings& most) {
  return fmt::format("{:.1f} % of {:.1f} TFLOP/s, at least {:.1f} % of {:.0f} GB/s",
                     100 * work.flops / most.flops, 1e-12 * most.flops,
                     100 * work.bytes / most.bytes, 1e-9 * most.bytes);
}

nlohmann::ordered_json as_json(const GpuWork& work, const kernels::cuda::Ceilings& most) {
  return {{"flops", work.flops},
          {"flops_ceiling", most.flops},
          {"bytes_at_least", work.bytes},
          {"bytes_ceiling", most.bytes}};
}

}  // namespace limpid::cli
