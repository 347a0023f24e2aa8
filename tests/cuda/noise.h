// SPDX-License-Identifier: MIT
// Values for kernels to work on, the same ones for a seed.
#pragma once

#include <cmath>
#include <concepts>
#include <random>
#include <vector>

namespace limpid::test {

template <class Distribution>
std::vector<float> drawn(std::integral auto count, unsigned seed, Distribution value) {
  std::mt19937 random(seed);
  std::vector<float> values(static_cast<std::size_t>(count));
  for (float& v : values) v = value(random);
  return values;
}

// In [offset - 0.5, offset + 0.5).
std::vector<float> uniform_noise(std::integral auto count, unsigned seed, float offset = 0) {
  return drawn(count, seed, std::uniform_real_distribution<float>(offset - 0.5f, offset + 0.5f));
}
// A deviation of 0 is silence, which std::normal_distribution does not allow.
std::vector<float> normal_noise(std::integral auto count, unsigned seed, float mean = 0,
                                float deviation = 1) {
  return drawn(count, seed, [=, of = std::normal_distribution<float>()](auto& random) mutable {
    return deviation * of(random) + mean;
  });
}

// As uniform_noise, of 8 bits: products of every arithmetic are exact.
std::vector<float> short_noise(std::integral auto count, unsigned seed) {
  std::uniform_int_distribution<int> of(-256, 256);
  return drawn(count, seed, [of](std::mt19937& random) mutable {
    return std::ldexp(static_cast<float>(of(random)), -9);
  });
}

}  // namespace limpid::test
