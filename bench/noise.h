// SPDX-License-Identifier: MIT
// The data that benchmarks work on. (Tests have tests/kernels/every_target.h; neither includes the
// other.)
#pragma once

#include <cstddef>
#include <random>
#include <vector>

namespace limpid::bench {

// White noise in [-level, level), another sequence for every seed.
inline std::vector<float> noise(std::size_t count, unsigned seed, float level = 1.0f) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> uniform(-level, level);
  std::vector<float> values(count);
  for (float& v : values) v = uniform(random);
  return values;
}

}  // namespace limpid::bench
