// SPDX-License-Identifier: MIT
// gelu(v) = v/2 (1 + erf(v / sqrt(2))), of which there are hundreds a row in perceptrons.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

#include "lib/kernels/cuda/product_numbers.h"

namespace limpid::kernels::cuda {

LIMPID_HD float gelu(float v) {
  return 0.5f * v * (1.0f + std::erf(v * 0.70710678f));
}

// To 2^-11 of itself: as PTX promises, or cut off so.
LIMPID_HD float coarse_tanh(float v) {
#ifdef __CUDA_ARCH__
  float tanh;
  asm("tanh.approx.f32 %0, %1;" : "=f"(tanh) : "f"(v));
  return tanh;
#else
  return std::bit_cast<float>(std::bit_cast<std::uint32_t>(std::tanh(v)) & ~0xfffu);
#endif
}

// erf is some thirty instructions. Where what becomes of it is rounded to 11 bits, eight do: with
// the polynomial, found by minimax, gelu is off by 2.6e-5 at most, and by 2^-12 v, which is what
// coarse_tanh is off by.
LIMPID_HD float coarse_gelu(float v) {
  constexpr float kMax = 40;  // beyond, tanh is one, and the polynomial turns round
  const float square = v * v < kMax ? v * v : kMax;
  const float slope = 0.79750788f + square * (0.037005646f - 3.5151681e-4f * square);
  const float half = 0.5f * v;
  return half + half * coarse_tanh(v * slope);
}

// As products of this arithmetic deserve it.
template <Arithmetic kArithmetic>
LIMPID_HD float gelu_of(float v) {
  if constexpr (kArithmetic == Arithmetic::exact || kArithmetic == Arithmetic::tf32x3)
    return gelu(v);
  else
    return coarse_gelu(v);
}

}  // namespace limpid::kernels::cuda
