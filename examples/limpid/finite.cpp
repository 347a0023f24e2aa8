// SPDX-License-Identifier: MIT
#include "examples/limpid/finite.h"

#include <cmath>

namespace limpid::cli {

std::uint64_t silence_non_finite(AudioView<float> samples) noexcept {
  std::uint64_t repaired = 0;
  for (std::ptrdiff_t c = 0; c < samples.extent(0); ++c)
    for (float& value : samples[c].span())
      if (!std::isfinite(value)) {
        value = 0;
        ++repaired;
      }
  return repaired;
}

}  // namespace limpid::cli
