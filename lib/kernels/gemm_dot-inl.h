// SPDX-License-Identifier: MIT
// The micro-kernel for matrices of few columns, where the vector of gemm_tile-inl.h would be mostly
// empty: vectors run along K instead, kRows rows of A by two or four columns. Each lane sums its
// own part of K, in an order that depends on K alone. Included once per instruction set.
#if defined(LIMPID_KERNELS_GEMM_DOT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef LIMPID_KERNELS_GEMM_DOT_INL_H_
#undef LIMPID_KERNELS_GEMM_DOT_INL_H_
#else
#define LIMPID_KERNELS_GEMM_DOT_INL_H_
#endif

#include "lib/kernels/gemm_tile-inl.h"

HWY_BEFORE_NAMESPACE();
namespace limpid::kernels::HWY_NAMESPACE {

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

// sum[r * kColumns + c] is that of row r and column c.
template <int kRows, int kColumns, class D, int kSums, class Load>
HWY_INLINE void dot_step(const float* const (&a)[kRows], const float* b, std::ptrdiff_t k, int p,
                         hn::Vec<D> (&sum)[kSums], const Load& load) {
  hn::Vec<D> w[kColumns];
  for (int c = 0; c < kColumns; ++c) w[c] = load(b + c * k + p);
  for (int r = 0; r < kRows; ++r) {
    const auto x = load(a[r] + p);
    for (int c = 0; c < kColumns; ++c)
      sum[r * kColumns + c] = hn::MulAdd(x, w[c], sum[r * kColumns + c]);
  }
}

// Adds up lanes, four sums at a time, and stores.
template <int kRows, int kColumns, class D, int kSums>
HWY_INLINE void finish_dots(D d, const Tile<float>& t, const hn::Vec<D> (&sum)[kSums]) {
  const hn::CappedTag<float, 4> four;
  float bias[4], c[kSums];
  for (int i = 0; i < 4; ++i) bias[i] = t.bias[i % kColumns];
  for (int i = 0; i < kSums; i += 4) {
    const hn::Vec<D> group[4] = {sum[i], sum[i + 1], sum[i + 2], sum[i + 3]};
    hn::Vec<decltype(four)> total[4 / lanes(decltype(four)())];
    add_lanes(d, group, total);
    for (int v = 0; v < 4 / lanes(four); ++v) {
      const auto y = hn::Add(total[v], hn::LoadU(four, bias + v * lanes(four)));
      hn::StoreU(t.rule.relu ? hn::Max(y, hn::Zero(four)) : y, four, c + i + v * lanes(four));
    }
  }
  for (int r = 0; r < kRows; ++r) std::copy_n(c + r * kColumns, kColumns, t.c[r] + t.column);
}

template <int kRows, int kColumns>
void dot_tile(const Tile<float>& t) {
  using D = hn::ScalableTag<float>;
  const D d;
  hn::Vec<D> sum[(kRows * kColumns + 3) / 4 * 4];
  for (auto& v : sum) v = hn::Zero(d);
  const std::ptrdiff_t k = std::ptrdiff_t{t.rule.segments} * t.rule.length;
  for (int s = 0; s < t.rule.segments; ++s) {
    const float* a[kRows];
    for (int r = 0; r < kRows; ++r) a[r] = t.a[r] + t.rule.offset(s);
    const float* b = t.b + s * t.rule.length;
    int p = 0;
    for (; p + lanes(d) <= t.rule.length; p += lanes(d))
      dot_step<kRows, kColumns, D>(a, b, k, p, sum,
                                   [&](const float* x) HWY_ATTR { return hn::LoadU(d, x); });
    if (p < t.rule.length)
      dot_step<kRows, kColumns, D>(a, b, k, p, sum, [&](const float* x) HWY_ATTR {
        return load_part(d, x, t.rule.length - p);
      });
  }
  finish_dots<kRows, kColumns>(d, t, sum);
}

// How a narrow matrix is cut into tiles: as many sums as another tile has.
template <int kWidth>
struct DotTiles {
  using Weight = float;
  static constexpr int kColumns = kWidth;
  static constexpr int kRows = kTileRows * kTileVectors / kColumns;
  template <int kCount>
  static void multiply(const Tile<float>& t) {
    dot_tile<kCount, kColumns>(t);
  }
};

}  // namespace limpid::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
