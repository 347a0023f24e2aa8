// SPDX-License-Identifier: MIT
#include "examples/limpid/samples.h"

#include <fmt/format.h>

#include <cmath>

namespace limpid::cli {

std::uint64_t take_channels(AudioView<const float> from, std::span<const int> heard,
                            AudioView<float> to) noexcept {
  std::uint64_t repaired = 0;
  for (std::ptrdiff_t c = 0; c < to.extent(0); ++c) {
    const float* samples = from[heard[static_cast<std::size_t>(c)]].data();
    float* taken = to[c].data();
    for (std::ptrdiff_t i = 0; i < to.extent(1); ++i) {
      const bool finite = std::isfinite(samples[i]);
      taken[i] = finite ? samples[i] : 0.0f;
      repaired += finite ? 0 : 1;
    }
  }
  return repaired;
}

std::vector<std::string> notices_of(std::uint64_t repaired, std::uint64_t clipped, float loudest) {
  std::vector<std::string> notices;
  if (repaired > 0)
    notices.push_back(fmt::format(
        "{} samples were not numbers (NaN or infinity) and were taken as silence", repaired));
  if (clipped > 0)
    notices.push_back(
        fmt::format("{} samples beyond {} were clipped", clipped,
                    loudest == 1.0f ? "full scale" : fmt::format("{} of full scale", loudest)));
  return notices;
}

}  // namespace limpid::cli
