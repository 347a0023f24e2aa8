// SPDX-License-Identifier: MIT
// Signals and comparisons that tests of streams share.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <iterator>
#include <random>
#include <span>
#include <vector>

#include "lib/tensor/tensor.h"

namespace limpid::test {

// White noise in [-0.5, 0.5), another sequence for every row and seed.
inline Tensor<float, 2> noise(std::ptrdiff_t rows, std::ptrdiff_t samples, unsigned seed = 1) {
  Tensor<float, 2> signal({rows, samples});
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> amplitude(-0.5f, 0.5f);
  for (std::ptrdiff_t row = 0; row < rows; ++row)
    for (float& sample : signal.view()[row].span()) sample = amplitude(random);
  return signal;
}

// The shift of `out` against `in`, 0..most, at which they resemble each other most.
inline int delay_between(std::span<const float> in, std::span<const float> out, int most) {
  int best = 0;
  double best_sum = -1.0;
  for (int shift = 0; shift <= most; ++shift) {
    double sum = 0.0;
    for (std::size_t i = 0; i < in.size() && i + static_cast<std::size_t>(shift) < out.size(); ++i)
      sum += double{in[i]} * double{out[i + static_cast<std::size_t>(shift)]};
    if (std::abs(sum) > best_sum) best = shift, best_sum = std::abs(sum);
  }
  return best;
}

// Lengths that add up to `total`, from the awkward end of what hosts do.
inline std::vector<std::ptrdiff_t> awkward_blocks(std::ptrdiff_t total, unsigned seed) {
  constexpr std::ptrdiff_t kSizes[] = {0, 1, 2, 7, 31, 64, 127, 160, 441, 480, 512, 997, 8192};
  std::mt19937 random(seed);
  std::vector<std::ptrdiff_t> blocks;
  while (total > 0) {
    blocks.push_back(std::min(total, kSizes[random() % std::size(kSizes)]));
    total -= blocks.back();
  }
  return blocks;
}

}  // namespace limpid::test
