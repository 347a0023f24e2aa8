// SPDX-License-Identifier: MIT
// What both complex convolutions read from a file: the two real kernels and what follows them.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "lib/io/weights.h"
#include "lib/nn/complex_norm.h"

namespace limpid::nn {

struct ComplexWeights {
  std::vector<float> a, b;  // real and imaginary kernel, as PyTorch lays them out
  ComplexNorm norm;
};

// <conv>_{re,im}.{weight,bias} and <norm>.*; `shape` is that of each kernel.
inline Result<ComplexWeights> load_complex(io::Weights& weights, const std::string& conv,
                                           const std::string& norm,
                                           std::initializer_list<std::int64_t> shape,
                                           int out_channels) {
  auto a = weights.find(conv + "_re.weight", shape);
  if (!a) return a.error();
  auto b = weights.find(conv + "_im.weight", shape);
  if (!b) return b.error();
  auto after = ComplexNorm::load(weights, conv, norm, out_channels);
  if (!after) return after.error();
  return ComplexWeights{*std::move(a), *std::move(b), *std::move(after)};
}

}  // namespace limpid::nn
