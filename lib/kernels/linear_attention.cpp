// SPDX-License-Identifier: MIT
#include "lib/kernels/linear_attention.h"

#include <algorithm>
#include <cassert>

#include "lib/kernels/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lib/kernels/linear_attention.cpp"
#include "hwy/foreach_target.h"  // first: it includes this file once per instruction set

#include "lib/kernels/exponential-inl.h"

HWY_BEFORE_NAMESPACE();
namespace limpid::kernels::HWY_NAMESPACE {

inline constexpr float kLeast = -80.0f;  // exp of it is still a normal number

// exp of each element less `shift`, which none exceeds; returns the sum. Lanes are added up once,
// at the end.
HWY_INLINE float exp_row(float* x, std::size_t n, float shift) {
  const hn::ScalableTag<float> whole;
  auto sums = hn::Zero(whole);
  std::size_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    const auto e = exponential(whole, hn::Sub(hn::LoadU(whole, x + i), hn::Set(whole, shift)));
    hn::StoreU(e, whole, x + i);
    sums = hn::Add(sums, e);
  }
  float total = hn::GetLane(hn::SumOfLanes(whole, sums));
  for_each_piece(
      n,
      [&](auto d, std::size_t at) HWY_ATTR {
        const auto e = exponential(d, hn::Sub(hn::LoadU(d, x + at), hn::Set(d, shift)));
        hn::StoreU(e, d, x + at);
        total += hn::GetLane(hn::SumOfLanes(d, e));
      },
      i);
  return total;
}

HWY_INLINE float peak_of_row(const float* x, std::size_t n) {
  const hn::ScalableTag<float> whole;
  auto most = hn::Set(whole, x[0]);
  std::size_t i = 0;
  for (; i + kLanes <= n; i += kLanes) most = hn::Max(most, hn::LoadU(whole, x + i));
  float peak = hn::GetLane(hn::MaxOfLanes(whole, most));
  for (; i < n; ++i) peak = std::max(peak, x[i]);
  return peak;
}

void SoftmaxPieces(Matrix<float> x, int width) {
  const auto n = static_cast<std::size_t>(width);
  for (int r = 0; r < x.rows; ++r) {
    for (int first = 0; first < x.columns; first += width) {
      float* piece = x.row(r) + first;
      const float scale = 1.0f / exp_row(piece, n, peak_of_row(piece, n));
      for_each_piece(n, [&](auto d, std::size_t i) HWY_ATTR {
        hn::StoreU(hn::Mul(hn::LoadU(d, piece + i), hn::Set(d, scale)), d, piece + i);
      });
    }
  }
}

void ColumnPeaks(Matrix<const float> x, float* peak) {
  for_each_piece(static_cast<std::size_t>(x.columns), [&](auto d, std::size_t i) HWY_ATTR {
    auto most = hn::LoadU(d, peak + i);
    for (int r = 0; r < x.rows; ++r) most = hn::Max(most, hn::LoadU(d, x.row(r) + i));
    hn::StoreU(most, d, peak + i);
  });
}

void ExpColumns(Matrix<float> x, const float* shift, float bound, float* sum) {
  for_each_piece(static_cast<std::size_t>(x.columns), [&](auto d, std::size_t i) HWY_ATTR {
    const auto minus = hn::LoadU(d, shift + i);
    const auto least = hn::Set(d, kLeast), most = hn::Set(d, bound);
    auto total = hn::LoadU(d, sum + i);
    for (int r = 0; r < x.rows; ++r) {
      float* at = x.row(r) + i;
      const auto e =
          exponential(d, hn::Min(hn::Max(hn::Sub(hn::LoadU(d, at), minus), least), most));
      hn::StoreU(e, d, at);
      total = hn::Add(total, e);
    }
    hn::StoreU(total, d, sum + i);
  });
}

// kRows rows of C by two vectors of its columns, summed in registers over all rows of A and B.
template <int kRows, class D>
HWY_INLINE void outer_tile(D d, Matrix<const float> a, int i, Matrix<const float> b, int j,
                           bool add, Matrix<float> c) {
  constexpr int kWide = static_cast<int>(hn::MaxLanes(D()));
  hn::Vec<D> sum[kRows][2];
  for (int r = 0; r < kRows; ++r)
    for (int v = 0; v < 2; ++v)
      sum[r][v] = add ? hn::LoadU(d, c.row(i + r) + j + v * kWide) : hn::Zero(d);
  const float *x = a.data + i, *y = b.data + j;
  for (int l = 0; l < a.rows; ++l, x += a.stride, y += b.stride) {
    const auto low = hn::LoadU(d, y), high = hn::LoadU(d, y + kWide);
    for (int r = 0; r < kRows; ++r) {
      const auto w = hn::Set(d, x[r]);
      sum[r][0] = hn::MulAdd(w, low, sum[r][0]);
      sum[r][1] = hn::MulAdd(w, high, sum[r][1]);
    }
  }
  for (int r = 0; r < kRows; ++r)
    for (int v = 0; v < 2; ++v) hn::StoreU(sum[r][v], d, c.row(i + r) + j + v * kWide);
}

// What is left beside the tiles: one row of C, any columns, in the same order of sums.
HWY_INLINE void outer_row(Matrix<const float> a, int i, Matrix<const float> b, int first, bool add,
                          Matrix<float> c) {
  float* out = c.row(i);
  const auto n = static_cast<std::size_t>(b.columns);
  for_each_piece(
      n,
      [&](auto d, std::size_t j) HWY_ATTR {
        auto sum = add ? hn::LoadU(d, out + j) : hn::Zero(d);
        for (int l = 0; l < a.rows; ++l)
          sum = hn::MulAdd(hn::Set(d, a.row(l)[i]), hn::LoadU(d, b.row(l) + j), sum);
        hn::StoreU(sum, d, out + j);
      },
      static_cast<std::size_t>(first));
}

void OuterProducts(Matrix<const float> a, Matrix<const float> b, bool add, Matrix<float> c) {
  const hn::ScalableTag<float> d;
  constexpr int kRows = 4, kWide = 2 * static_cast<int>(kLanes);
  const int columns = b.columns / kWide * kWide, rows = a.columns / kRows * kRows;
  for (int j = 0; j < columns; j += kWide)
    for (int i = 0; i < rows; i += kRows) outer_tile<kRows>(d, a, i, b, j, add, c);
  for (int i = 0; i < a.columns; ++i) outer_row(a, i, b, i < rows ? columns : 0, add, c);
}

void AttendStep(const float* q, const float* k, const float* v, int d, float decay, float* state,
                float* total, float* y) {
  constexpr int kMax = 256;
  assert(d <= kMax);
  float e[kMax], weight[kMax];
  const auto n = static_cast<std::size_t>(d);
  for_each_piece(n, [&](auto t, std::size_t i) HWY_ATTR {
    const auto bound = hn::Set(t, kKeyLimit);
    const auto key = hn::Max(hn::Min(hn::LoadU(t, k + i), bound), hn::Neg(bound));
    const auto x = exponential(t, key);
    const auto z = hn::MulAdd(hn::Set(t, decay), hn::LoadU(t, total + i), x);
    hn::StoreU(x, t, e + i);
    hn::StoreU(z, t, total + i);
    hn::StoreU(hn::Div(hn::LoadU(t, q + i), z), t, weight + i);
  });
  for_each_piece(n, [&](auto t, std::size_t j) HWY_ATTR {
    const auto value = hn::LoadU(t, v + j), keep = hn::Set(t, decay);
    auto sum = hn::Zero(t);
    for (std::size_t i = 0; i < n; ++i) {
      float* row = state + i * n + j;
      const auto s = hn::MulAdd(hn::Set(t, e[i]), value, hn::Mul(keep, hn::LoadU(t, row)));
      hn::StoreU(s, t, row);
      sum = hn::MulAdd(hn::Set(t, weight[i]), s, sum);
    }
    hn::StoreU(sum, t, y + j);
  });
}

}  // namespace limpid::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
LIMPID_REALTIME_TRUSTED_BEGIN  // calls through the table of instruction sets
namespace limpid::kernels {

HWY_EXPORT(SoftmaxPieces);
HWY_EXPORT(ColumnPeaks);
HWY_EXPORT(ExpColumns);
HWY_EXPORT(OuterProducts);
HWY_EXPORT(AttendStep);

void softmax_pieces(Matrix<float> x, int width) LIMPID_REALTIME {
  HWY_DYNAMIC_DISPATCH(SoftmaxPieces)(x, width);
}

void column_peaks(Matrix<const float> x, float* peak) LIMPID_REALTIME {
  HWY_DYNAMIC_DISPATCH(ColumnPeaks)(x, peak);
}

void exp_columns(Matrix<float> x, const float* shift, float bound, float* sum) LIMPID_REALTIME {
  HWY_DYNAMIC_DISPATCH(ExpColumns)(x, shift, bound, sum);
}

void outer_products(Matrix<const float> a, Matrix<const float> b, bool add,
                    Matrix<float> c) LIMPID_REALTIME {
  HWY_DYNAMIC_DISPATCH(OuterProducts)(a, b, add, c);
}

void attend_step(const float* q, const float* k, const float* v, int d, float decay, float* state,
                 float* total, float* y) LIMPID_REALTIME {
  HWY_DYNAMIC_DISPATCH(AttendStep)(q, k, v, d, decay, state, total, y);
}

}  // namespace limpid::kernels
LIMPID_REALTIME_TRUSTED_END
#endif
