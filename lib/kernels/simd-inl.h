// SPDX-License-Identifier: MIT
// What the vector code of every kernel starts from. Included once per instruction set.
#if defined(LIMPID_KERNELS_SIMD_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef LIMPID_KERNELS_SIMD_INL_H_
#undef LIMPID_KERNELS_SIMD_INL_H_
#else
#define LIMPID_KERNELS_SIMD_INL_H_
#endif

#include <cstddef>

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace limpid::kernels::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

inline constexpr std::size_t kLanes = hn::MaxLanes(hn::ScalableTag<float>());

// body(d, i) for consecutive pieces of [0, n): whole vectors, then one each of half, a quarter, ...
// as needed. Never touches an element beyond n, and every element sees the same arithmetic.
template <std::size_t kWidth = kLanes, class Body>
HWY_INLINE void for_each_piece(std::size_t n, const Body& body, std::size_t i = 0) {
  for (; i + kWidth <= n; i += kWidth) body(hn::CappedTag<float, kWidth>(), i);
  if constexpr (kWidth > 1) for_each_piece<kWidth / 2>(n, body, i);
}

}  // namespace limpid::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
