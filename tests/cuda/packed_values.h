// SPDX-License-Identifier: MIT
// Values as activations of 16 bits store them: two in a word.
#pragma once

#include <vector>

#include "lib/kernels/cuda/product_numbers.h"

namespace limpid::kernels::cuda {

// Values, whose number is even, as they are stored; and what is stored there.
template <class Number>
std::vector<float> packed(const std::vector<float>& values) {
  std::vector<float> words;
  for (std::size_t i = 0; i < values.size(); i += 2)
    words.push_back(float_of(Number::word(values[i], values[i + 1])));
  return words;
}
template <class Number>
std::vector<float> unpacked(const std::vector<float>& words) {
  std::vector<float> values;
  for (const float word : words) {
    const Complex two = Number::values(bits_of(word));
    values.insert(values.end(), {two.re, two.im});
  }
  return values;
}
template <class Number>
std::vector<float> rounded(const std::vector<float>& values) {
  return unpacked<Number>(packed<Number>(values));
}
// Relative error of storing a value once.
template <Arithmetic kArithmetic>
constexpr double kStep = kArithmetic == Arithmetic::fp16 ? 0x1p-11 : 0x1p-8;

template <class F>
void both(F f) {
  f.template operator()<Arithmetic::fp16>();
  f.template operator()<Arithmetic::bf16>();
}

}  // namespace limpid::kernels::cuda
