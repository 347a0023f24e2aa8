// SPDX-License-Identifier: MIT
// c[r] = beta[r] * c[r] + a[r] * B for a few rows at arbitrary addresses, vectors along the columns
// of B, which is read in place: keys and values live in caches that cannot be packed ahead of time.
#if defined(LIMPID_KERNELS_ROW_PRODUCT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef LIMPID_KERNELS_ROW_PRODUCT_INL_H_
#undef LIMPID_KERNELS_ROW_PRODUCT_INL_H_
#else
#define LIMPID_KERNELS_ROW_PRODUCT_INL_H_
#endif

#include <algorithm>

#include "lib/kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace limpid::kernels::HWY_NAMESPACE {

// Rows that share the loads of B, and sums of vectors that stay in registers.
#if HWY_TARGET <= HWY_AVX3 || HWY_TARGET == HWY_NEON
inline constexpr int kProductRows = 8, kSums = 16;
#else
inline constexpr int kProductRows = 4, kSums = 8;
#endif

struct RowProduct {
  const float* a[kProductRows];
  float* c[kProductRows];
  float beta[kProductRows];  // 0: c is not read
  const float* b;
  std::ptrdiff_t b_stride;
  int k;
};

template <int kRows, int kVectors, class D>
HWY_INLINE void row_product_tile(D d, const RowProduct& p, std::size_t column) {
  hn::Vec<D> sum[kRows][kVectors];
  for (int r = 0; r < kRows; ++r)
    for (int v = 0; v < kVectors; ++v) {
      const float* c = p.c[r] + column + static_cast<std::size_t>(v) * hn::Lanes(d);
      sum[r][v] = p.beta[r] == 0.0f ? hn::Zero(d) : hn::Mul(hn::Set(d, p.beta[r]), hn::LoadU(d, c));
    }
  const float* b = p.b + column;
  for (int i = 0; i < p.k; ++i, b += p.b_stride) {
    hn::Vec<D> right[kVectors];
    for (int v = 0; v < kVectors; ++v)
      right[v] = hn::LoadU(d, b + static_cast<std::size_t>(v) * hn::Lanes(d));
    for (int r = 0; r < kRows; ++r) {
      const auto left = hn::Set(d, p.a[r][i]);
      for (int v = 0; v < kVectors; ++v) sum[r][v] = hn::MulAdd(left, right[v], sum[r][v]);
    }
  }
  for (int r = 0; r < kRows; ++r)
    for (int v = 0; v < kVectors; ++v)
      hn::StoreU(sum[r][v], d, p.c[r] + column + static_cast<std::size_t>(v) * hn::Lanes(d));
}

template <int kRows>
inline constexpr int kWidestTile = std::min(kSums / kRows, 8);  // vectors

// Columns [column, n): tiles of kSums sums (or fewer), then smaller ones, then parts of a vector.
template <int kRows, int kVectors = kWidestTile<kRows>>
HWY_INLINE void row_product(const RowProduct& p, std::size_t n, std::size_t column = 0) {
  const hn::CappedTag<float, kLanes> d;
  for (; column + kVectors * kLanes <= n; column += kVectors * kLanes)
    row_product_tile<kRows, kVectors>(d, p, column);
  if constexpr (kVectors > 1) {
    row_product<kRows, kVectors / 2>(p, n, column);
  } else {
    for_each_piece(
        n, [&](auto part, std::size_t i) HWY_ATTR { row_product_tile<kRows, 1>(part, p, i); },
        column);
  }
}

// body(integral_constant<rows>, first row): as many as share loads, then halves of that down to
// one.
template <int kRows = kProductRows, class Body>
HWY_INLINE void for_rows(std::size_t rows, const Body& body, std::size_t r = 0) {
  for (; r + kRows <= rows; r += kRows) body(std::integral_constant<int, kRows>(), r);
  if constexpr (kRows > 1) for_rows<kRows / 2>(rows, body, r);
}

}  // namespace limpid::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
