// SPDX-License-Identifier: MIT
#include "lib/kernels/norms.h"

#include <cmath>

#include "lib/kernels/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lib/kernels/norms.cpp"
#include "hwy/foreach_target.h"  // first: it includes this file once per instruction set

#include "lib/kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace limpid::kernels::HWY_NAMESPACE {

inline std::size_t width(int columns) {
  return static_cast<std::size_t>(columns);
}

// The sum of term(d, i) over a row: whole vectors side by side, then smaller ones.
template <class Term>
HWY_INLINE float sum_row(std::size_t n, const Term& term) {
  const hn::ScalableTag<float> whole;
  auto even = hn::Zero(whole), odd = hn::Zero(whole);
  std::size_t i = 0;
  for (; i + 2 * kLanes <= n; i += 2 * kLanes) {
    even = hn::Add(even, term(whole, i));
    odd = hn::Add(odd, term(whole, i + kLanes));
  }
  float total = hn::GetLane(hn::SumOfLanes(whole, hn::Add(even, odd)));
  for_each_piece(
      n,
      [&](auto d, std::size_t at)
          HWY_ATTR { total += hn::GetLane(hn::SumOfLanes(d, term(d, at))); },
      i);
  return total;
}

template <bool kPrelu>
HWY_INLINE void affine_row(const float* x, std::size_t n, const float* scale, const float* shift,
                           const float* slope, float* y) {
  for_each_piece(n, [&](auto d, std::size_t i) HWY_ATTR {
    auto v = hn::MulAdd(hn::LoadU(d, x + i), hn::LoadU(d, scale + i), hn::LoadU(d, shift + i));
    if constexpr (kPrelu) {
      const auto zero = hn::Zero(d);
      v = hn::MulAdd(hn::LoadU(d, slope + i), hn::Min(v, zero), hn::Max(v, zero));
    }
    hn::StoreU(v, d, y + i);
  });
}

template <bool kPrelu>
HWY_INLINE void norm_row(const float* x, std::size_t n, const float* gain, const float* offset,
                         const float* slope, float epsilon, float* y) {
  const float count = static_cast<float>(n);
  const float mean =
      sum_row(n, [&](auto d, std::size_t i) HWY_ATTR { return hn::LoadU(d, x + i); }) / count;
  const float squares = sum_row(n, [&](auto d, std::size_t i) HWY_ATTR {
    const auto v = hn::Sub(hn::LoadU(d, x + i), hn::Set(d, mean));
    return hn::Mul(v, v);
  });
  const float scale = 1.0f / std::sqrt(squares / count + epsilon);
  for_each_piece(n, [&](auto d, std::size_t i) HWY_ATTR {
    const auto v = hn::Mul(hn::Sub(hn::LoadU(d, x + i), hn::Set(d, mean)), hn::Set(d, scale));
    auto r = hn::MulAdd(v, hn::LoadU(d, gain + i), hn::LoadU(d, offset + i));
    if constexpr (kPrelu) {
      const auto zero = hn::Zero(d);
      r = hn::MulAdd(hn::LoadU(d, slope + i), hn::Min(r, zero), hn::Max(r, zero));
    }
    hn::StoreU(r, d, y + i);
  });
}

void LayerNorm(Matrix<const float> x, const float* gain, const float* offset, const float* slope,
               float epsilon, Matrix<float> y) {
  const auto norm = slope == nullptr ? norm_row<false> : norm_row<true>;
  for (int r = 0; r < x.rows; ++r)
    norm(x.row(r), width(x.columns), gain, offset, slope, epsilon, y.row(r));
}

void Moments(Matrix<const float> x, double* sums) {
  double sum = 0, squares = 0;
  for (int r = 0; r < x.rows; ++r) {
    const float* row = x.row(r);
    sum += double{sum_row(width(x.columns),
                          [&](auto d, std::size_t i) HWY_ATTR { return hn::LoadU(d, row + i); })};
    squares += double{sum_row(width(x.columns), [&](auto d, std::size_t i) HWY_ATTR {
      const auto v = hn::LoadU(d, row + i);
      return hn::Mul(v, v);
    })};
  }
  sums[0] += sum;
  sums[1] += squares;
}

void AffinePrelu(Matrix<const float> x, const float* scale, const float* shift, const float* slope,
                 Matrix<float> y) {
  const auto affine = slope == nullptr ? affine_row<false> : affine_row<true>;
  for (int r = 0; r < x.rows; ++r)
    affine(x.row(r), width(x.columns), scale, shift, slope, y.row(r));
}

void AddRows(Matrix<const float> x, Matrix<float> y) {
  for (int r = 0; r < x.rows; ++r) {
    const float* from = x.row(r);
    float* to = y.row(r);
    for_each_piece(width(x.columns), [&](auto d, std::size_t i) HWY_ATTR {
      hn::StoreU(hn::Add(hn::LoadU(d, to + i), hn::LoadU(d, from + i)), d, to + i);
    });
  }
}

}  // namespace limpid::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
LIMPID_REALTIME_TRUSTED_BEGIN  // calls through the table of instruction sets
namespace limpid::kernels {

HWY_EXPORT(LayerNorm);
HWY_EXPORT(Moments);
HWY_EXPORT(AffinePrelu);
HWY_EXPORT(AddRows);

void layer_norm(Matrix<const float> x, const float* gain, const float* offset, const float* slope,
                float epsilon, Matrix<float> y) LIMPID_REALTIME {
  HWY_DYNAMIC_DISPATCH(LayerNorm)(x, gain, offset, slope, epsilon, y);
}

void moments(Matrix<const float> x, double* sums) LIMPID_REALTIME {
  HWY_DYNAMIC_DISPATCH(Moments)(x, sums);
}

void affine_prelu(Matrix<const float> x, const float* scale, const float* shift, const float* slope,
                  Matrix<float> y) LIMPID_REALTIME {
  HWY_DYNAMIC_DISPATCH(AffinePrelu)(x, scale, shift, slope, y);
}

void add_rows(Matrix<const float> x, Matrix<float> y) LIMPID_REALTIME {
  HWY_DYNAMIC_DISPATCH(AddRows)(x, y);
}

}  // namespace limpid::kernels
LIMPID_REALTIME_TRUSTED_END
#endif
