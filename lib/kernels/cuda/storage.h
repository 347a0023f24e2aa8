// SPDX-License-Identifier: MIT
// Samples as they lie in memory: float, IEEE half, bfloat16. Arithmetic is in float; what is stored
// is rounded to nearest, ties to even, by the GPU's instructions there and by bits on a CPU.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "lib/kernels/cuda/host_device.h"

#ifdef __CUDACC__
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#endif

namespace limpid::kernels::cuda {

struct Half {
  std::uint16_t bits;
};
struct BFloat {
  std::uint16_t bits;
};

inline float half_to_float(std::uint16_t h) noexcept {
  const std::uint32_t sign = static_cast<std::uint32_t>(h & 0x8000u) << 16;
  const std::uint32_t magnitude = h & 0x7fffu;
  if (magnitude >= 0x7c00u)
    return std::bit_cast<float>(sign | 0x7f800000u | (magnitude & 0x3ffu) << 13);
  if (magnitude < 0x0400u) {  // subnormal: units of 2^-24
    const float value = static_cast<float>(magnitude) * 0x1p-24f;
    return sign != 0 ? -value : value;
  }
  return std::bit_cast<float>(sign | ((magnitude << 13) + (112u << 23)));
}

inline std::uint16_t half_from_float(float value) noexcept {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t sign = bits >> 16 & 0x8000u;
  const std::uint32_t magnitude = bits & 0x7fffffffu;
  if (magnitude > 0x7f800000u) return static_cast<std::uint16_t>(sign | 0x7fffu);   // NaN
  if (magnitude >= 0x477ff000u) return static_cast<std::uint16_t>(sign | 0x7c00u);  // 65520 and up
  if (magnitude < 0x38800000u) {  // below 2^-14: the sum rounds to multiples of 2^-24
    const float sum = std::bit_cast<float>(magnitude) + 0.5f;
    return static_cast<std::uint16_t>(sign | (std::bit_cast<std::uint32_t>(sum) - 0x3f000000u));
  }
  const std::uint32_t odd = magnitude >> 13 & 1u;
  return static_cast<std::uint16_t>(sign | ((magnitude - (112u << 23) + 0xfffu + odd) >> 13));
}

inline std::uint16_t bfloat_from_float(float value) noexcept {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(value);
  if ((bits & 0x7fffffffu) > 0x7f800000u) return 0x7fffu;
  return static_cast<std::uint16_t>((bits + 0x7fffu + (bits >> 16 & 1u)) >> 16);
}

LIMPID_HD float to_float(float x) {
  return x;
}
LIMPID_HD float to_float(Half x) {
#ifdef __CUDA_ARCH__
  return __half2float(__ushort_as_half(x.bits));
#else
  return half_to_float(x.bits);
#endif
}
LIMPID_HD float to_float(BFloat x) {
#ifdef __CUDA_ARCH__
  return __bfloat162float(__ushort_as_bfloat16(x.bits));
#else
  return std::bit_cast<float>(static_cast<std::uint32_t>(x.bits) << 16);
#endif
}

LIMPID_HD void from_float(float value, float& x) {
  x = value;
}
LIMPID_HD void from_float(float value, Half& x) {
#ifdef __CUDA_ARCH__
  x.bits = __half_as_ushort(__float2half_rn(value));
#else
  x.bits = half_from_float(value);
#endif
}
LIMPID_HD void from_float(float value, BFloat& x) {
#ifdef __CUDA_ARCH__
  x.bits = __bfloat16_as_ushort(__float2bfloat16_rn(value));
#else
  x.bits = bfloat_from_float(value);
#endif
}

// As from_float, but halves never become infinite.
template <class T>
LIMPID_HD void store(float value, T& x) {
  constexpr float kMax = 65504;
  if constexpr (std::is_same_v<T, Half>)
    value = value > kMax ? kMax : value < -kMax ? -kMax : value;
  from_float(value, x);
}

// What may have been written as a word of two.
template <class T>
LIMPID_HD float load_one(const T* p) {
#ifdef __CUDA_ARCH__
  return to_float(*p);
#else
  T number;
  std::memcpy(&number, p, sizeof(T));
  return to_float(number);
#endif
}

// Two neighbours in one access; `p` must be aligned to both of them.
template <class T>
struct alignas(2 * sizeof(T)) Two {
  T first, second;
};
template <class T>
LIMPID_HD Complex load_two(const T* p) {
  const Two<T> two = *reinterpret_cast<const Two<T>*>(p);
  return {to_float(two.first), to_float(two.second)};
}
template <class T>
LIMPID_HD void store_two(T* p, Complex value) {
  Two<T> two;
  from_float(value.re, two.first);
  from_float(value.im, two.second);
  *reinterpret_cast<Two<T>*>(p) = two;
}

}  // namespace limpid::kernels::cuda
