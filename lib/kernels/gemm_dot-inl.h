// SPDX-License-Identifier: MIT
// The micro-kernel for matrices of few columns, where the vector of gemm_tile-inl.h would be mostly
// empty: vectors run along K instead, kRows rows of A by four columns. Each lane sums its own part
// of K, in an order that depends on K alone. Included once per instruction set.
#if defined(LIMPID_KERNELS_GEMM_DOT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef LIMPID_KERNELS_GEMM_DOT_INL_H_
#undef LIMPID_KERNELS_GEMM_DOT_INL_H_
#else
#define LIMPID_KERNELS_GEMM_DOT_INL_H_
#endif

#include "lib/kernels/gemm_tile-inl.h"

HWY_BEFORE_NAMESPACE();
namespace limpid::kernels::HWY_NAMESPACE {

inline constexpr int kDotColumns = 4;
inline constexpr int kDotRows =
    kTileRows * kTileVectors / kDotColumns;  // as many sums as a tile has

#if HWY_TARGET == HWY_SCALAR
inline void add_lanes(hn::ScalableTag<float>, const hn::Vec<hn::ScalableTag<float>> (&sum)[4],
                      hn::Vec<hn::ScalableTag<float>> (&total)[4]) {
  for (int i = 0; i < 4; ++i) total[i] = sum[i];
}
#else
// total = the sum of the lanes of each of four vectors.
template <class D>
HWY_INLINE void add_lanes(D d, const hn::Vec<D> (&sum)[4],
                          hn::Vec<hn::CappedTag<float, 4>> (&total)[1]) {
  if constexpr (lanes(D()) > 4) {
    const hn::Half<D> half;
    hn::Vec<decltype(half)> folded[4];
    for (int i = 0; i < 4; ++i)
      folded[i] = hn::Add(hn::LowerHalf(half, sum[i]), hn::UpperHalf(half, sum[i]));
    add_lanes(half, folded, total);
  } else {
    const auto x =
        hn::Add(hn::InterleaveLower(d, sum[0], sum[1]), hn::InterleaveUpper(d, sum[0], sum[1]));
    const auto y =
        hn::Add(hn::InterleaveLower(d, sum[2], sum[3]), hn::InterleaveUpper(d, sum[2], sum[3]));
    total[0] = hn::Add(hn::ConcatLowerLower(d, y, x), hn::ConcatUpperUpper(d, y, x));
  }
}
#endif

// The first `count` elements at p, then zeros.
template <class D>
HWY_INLINE hn::Vec<D> load_part(D d, const float* p, int count) {
  float padded[kLanes] = {};
  for (int i = 0; i < count; ++i) padded[i] = p[i];
  return hn::LoadU(d, padded);
}

template <class D, int kRows, class Load>
HWY_INLINE void dot_step(const float* const (&a)[kRows], const float* b, std::ptrdiff_t k, int p,
                         hn::Vec<D> (&sum)[kRows][kDotColumns], const Load& load) {
  hn::Vec<D> w[kDotColumns];
  for (int c = 0; c < kDotColumns; ++c) w[c] = load(b + c * k + p);
  for (int r = 0; r < kRows; ++r) {
    const auto x = load(a[r] + p);
    for (int c = 0; c < kDotColumns; ++c) sum[r][c] = hn::MulAdd(x, w[c], sum[r][c]);
  }
}

template <int kRows>
void dot_tile(const Tile& t) {
  using D = hn::ScalableTag<float>;
  const D d;
  const hn::CappedTag<float, kDotColumns> columns;
  hn::Vec<D> sum[kRows][kDotColumns];
  for (auto& row : sum)
    for (auto& v : row) v = hn::Zero(d);
  const std::ptrdiff_t k = std::ptrdiff_t{t.segments} * t.length;
  for (int s = 0; s < t.segments; ++s) {
    const float* a[kRows];
    for (int r = 0; r < kRows; ++r) a[r] = t.a[r] + s * t.segment_stride;
    const float* b = t.b + s * t.length;
    int p = 0;
    for (; p + lanes(d) <= t.length; p += lanes(d))
      dot_step<D>(a, b, k, p, sum, [&](const float* x) HWY_ATTR { return hn::LoadU(d, x); });
    if (p < t.length)
      dot_step<D>(a, b, k, p, sum,
                  [&](const float* x) HWY_ATTR { return load_part(d, x, t.length - p); });
  }
  constexpr int kVectors = kDotColumns / lanes(decltype(columns)());
  hn::Vec<decltype(columns)> total[kRows][kVectors];
  for (int r = 0; r < kRows; ++r) {
    add_lanes(d, sum[r], total[r]);
    for (int v = 0; v < kVectors; ++v)
      total[r][v] = hn::Add(total[r][v], hn::LoadU(columns, t.bias + v * lanes(columns)));
  }
  store(columns, t, total);
}

// How a narrow matrix is cut into tiles.
struct DotTiles {
  static constexpr int kRows = kDotRows;
  static constexpr int kColumns = kDotColumns;
  template <int kCount>
  static void multiply(const Tile& t) {
    dot_tile<kCount>(t);
  }
};

}  // namespace limpid::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
