// SPDX-License-Identifier: MIT
// Products of layers with two sources, in plain loops in double: what kernels are compared with.
#pragma once

#include <cmath>
#include <vector>

#include "lib/kernels/cuda/real_product.h"
#include "tests/cuda/emulate.h"

namespace limpid::kernels::cuda {

// Lanes of frames of rows, two sources: one is read at three neighbouring rows, the other where it
// lies.
struct ProductCase {
  int lanes, frames, rows, channels, outputs;
  LinearEnd end;

  int all_rows() const noexcept { return lanes * frames * rows; }
  int inputs() const noexcept { return 4 * channels; }
  int written() const noexcept { return end == LinearEnd::gate ? outputs / 2 : outputs; }
};

struct ProductSources {
  const std::vector<float>&near, &far;  // [row][channel]
  int bound;                            // rows of a frame from here on are not of the layer
  const std::vector<float>& weights;    // [input][pitch]
  int pitch;
  const std::vector<float>& bias;  // [output]
};

// Row `row` of all, whose far inputs are row `far_row` of theirs: [output], before what follows.
inline std::vector<double> product_sums(const ProductCase& c, const ProductSources& from, int row,
                                        int far_row) {
  std::vector<double> v(from.bias.begin(), from.bias.end());
  for (int p = 0; p < c.inputs(); ++p) {
    const int tap = p / c.channels, channel = p % c.channels, shift = tap < 3 ? tap - 1 : 0;
    const int read = row % c.rows + shift;
    if (read < 0 || read >= from.bound) continue;
    const float x = tap < 3 ? from.near[size((row + shift) * c.channels + channel)]
                            : from.far[size(far_row * c.channels + channel)];
    for (int o = 0; o < c.outputs; ++o)
      v[size(o)] += double{x} * double{from.weights[size(p * from.pitch + o)]};
  }
  return v;
}

// Output o of what follows, where `before` lay and the slope is that of the output.
inline double ended(const ProductCase& c, const std::vector<double>& v, int o, float before,
                    float slope) {
  const double x = v[size(o)];
  switch (c.end) {
    case LinearEnd::gelu:
      return 0.5 * x * (1 + std::erf(x / std::sqrt(2.0)));
    case LinearEnd::gate:
      return v[size(2 * o)] / (1 + std::exp(-v[size(2 * o + 1)]));
    case LinearEnd::add:
      return x + double{before};
    case LinearEnd::prelu:
      return x < 0 ? x * double{slope} : x;
    default:
      return x;
  }
}

}  // namespace limpid::kernels::cuda
