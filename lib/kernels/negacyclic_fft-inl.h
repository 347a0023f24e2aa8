// SPDX-License-Identifier: MIT
// FFTs down the columns of a tile: vectors run along the columns, so no pass ever shuffles.
// Included once per instruction set.
#if defined(LIMPID_KERNELS_NEGACYCLIC_FFT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef LIMPID_KERNELS_NEGACYCLIC_FFT_INL_H_
#undef LIMPID_KERNELS_NEGACYCLIC_FFT_INL_H_
#else
#define LIMPID_KERNELS_NEGACYCLIC_FFT_INL_H_
#endif

#include <cstddef>

#include "lib/kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace limpid::kernels::HWY_NAMESPACE {

// A row of a tile is kWidth real parts and kWidth imaginary parts.
template <int kWidth>
using Columns = hn::CappedTag<float, kWidth>;

template <class V>
struct Complex {
  V re, im;
};

template <int kWidth, class D>
HWY_INLINE Complex<hn::Vec<D>> load(D d, const float* row) {
  return {hn::LoadU(d, row), hn::LoadU(d, row + kWidth)};
}

template <int kWidth, class D>
HWY_INLINE void store(D d, const Complex<hn::Vec<D>>& v, float* row) {
  hn::StoreU(v.re, d, row);
  hn::StoreU(v.im, d, row + kWidth);
}

template <class V>
HWY_INLINE Complex<V> add(const Complex<V>& a, const Complex<V>& b) {
  return {hn::Add(a.re, b.re), hn::Add(a.im, b.im)};
}

template <class V>
HWY_INLINE Complex<V> subtract(const Complex<V>& a, const Complex<V>& b) {
  return {hn::Sub(a.re, b.re), hn::Sub(a.im, b.im)};
}

// a * w, or a * conj(w).
template <bool kConjugate, class V>
HWY_INLINE Complex<V> multiply(const Complex<V>& a, const Complex<V>& w) {
  if constexpr (kConjugate)
    return {hn::MulAdd(a.im, w.im, hn::Mul(a.re, w.re)),
            hn::NegMulAdd(a.re, w.im, hn::Mul(a.im, w.re))};
  return {hn::NegMulAdd(a.im, w.im, hn::Mul(a.re, w.re)),
          hn::MulAdd(a.re, w.im, hn::Mul(a.im, w.re))};
}

template <class D>
HWY_INLINE Complex<hn::Vec<D>> broadcast(D d, const float* w) {
  return {hn::Set(d, w[0]), hn::Set(d, w[1])};
}

struct Rows {
  const float* from;
  std::ptrdiff_t from_stride;
  float* to;
  std::ptrdiff_t to_stride;
};

// One pass of the self-sorting (Stockham) FFT: `groups` butterflies with rotations of their own,
// each on `together` consecutive rows.
template <int kWidth, bool kInverse>
void pass_of_4(const Rows& rows, int groups, int together, const float* roots) {
  const Columns<kWidth> d;
  using V = Complex<hn::Vec<Columns<kWidth>>>;
  const std::ptrdiff_t quarter = std::ptrdiff_t{groups} * together * rows.from_stride;
  const std::ptrdiff_t step = together * rows.to_stride;
  for (int p = 0; p < groups; ++p, roots += 6) {
    const V w1 = broadcast(d, roots), w2 = broadcast(d, roots + 2), w3 = broadcast(d, roots + 4);
    for (int q = 0; q < together; ++q) {
      const float* from = rows.from + (q + p * std::ptrdiff_t{together}) * rows.from_stride;
      float* to = rows.to + q * rows.to_stride + 4 * p * step;
      HWY_UNROLL(4)
      for (std::size_t i = 0; i < kWidth;
           i += hn::MaxLanes(d), from += hn::MaxLanes(d), to += hn::MaxLanes(d)) {
        const V a = load<kWidth>(d, from), b = load<kWidth>(d, from + quarter);
        const V c = load<kWidth>(d, from + 2 * quarter), e = load<kWidth>(d, from + 3 * quarter);
        const V even = add(a, c), odd = add(b, e);
        const V even2 = subtract(a, c), turned = subtract(b, e);
        // A quarter turn: times -j forward, times j back.
        const V right{hn::Add(even2.re, turned.im), hn::Sub(even2.im, turned.re)};
        const V left{hn::Sub(even2.re, turned.im), hn::Add(even2.im, turned.re)};
        const V& first = kInverse ? left : right;
        const V& third = kInverse ? right : left;
        store<kWidth>(d, add(even, odd), to);
        store<kWidth>(d, multiply<kInverse>(first, w1), to + step);
        store<kWidth>(d, multiply<kInverse>(subtract(even, odd), w2), to + 2 * step);
        store<kWidth>(d, multiply<kInverse>(third, w3), to + 3 * step);
      }
    }
  }
}

// The last pass where the length is no power of four.
template <int kWidth>
void pass_of_2(const Rows& rows, int half) {
  const Columns<kWidth> d;
  using V = Complex<hn::Vec<Columns<kWidth>>>;
  for (int q = 0; q < half; ++q) {
    const float* from = rows.from + q * rows.from_stride;
    float* to = rows.to + q * rows.to_stride;
    for (std::size_t i = 0; i < kWidth; i += hn::MaxLanes(d)) {
      const V a = load<kWidth>(d, from + i);
      const V b = load<kWidth>(d, from + i + half * rows.from_stride);
      store<kWidth>(d, add(a, b), to + i);
      store<kWidth>(d, subtract(a, b), to + i + half * rows.to_stride);
    }
  }
}

// FFT of `length` rows, in natural order. scratch: two tiles. `from` may be the second of them;
// `to` null: the result stays in scratch. Returns where it is.
template <int kWidth, bool kInverse>
HWY_INLINE float* fft_columns(Rows rows, int length, const float* roots, float* scratch) {
  const std::ptrdiff_t row = 2 * kWidth;
  float* const wanted = rows.to;
  const std::ptrdiff_t wanted_stride = rows.to_stride;
  int buffer = 0;
  for (int left = length, together = 1; left > 1; left /= 4, together *= 4) {
    const bool last = left <= 4;
    float* const tile = scratch + buffer * length * row;
    rows.to = last && wanted != nullptr ? wanted : tile;
    rows.to_stride = last && wanted != nullptr ? wanted_stride : row;
    if (left == 2) {
      pass_of_2<kWidth>(rows, together);
    } else {
      pass_of_4<kWidth, kInverse>(rows, left / 4, together, roots);
      roots += 6 * (left / 4);
    }
    rows.from = rows.to;
    rows.from_stride = rows.to_stride;
    buffer = 1 - buffer;
  }
  return rows.to;
}

#if HWY_TARGET == HWY_SCALAR
template <class D>
HWY_INLINE void store_transposed(D d, const hn::Vec<D> (&v)[4], float* to, std::ptrdiff_t) {
  for (int k = 0; k < 4; ++k) hn::StoreU(v[k], d, to + k);
}
#else
// The 128-bit blocks of v, one every `stride` floats.
template <class D>
HWY_INLINE void store_blocks(D d, hn::Vec<D> v, float* to, std::ptrdiff_t stride) {
  if constexpr (hn::MaxLanes(d) <= 4) {
    hn::StoreU(v, d, to);
  } else {
    const hn::Half<D> half;
    constexpr std::ptrdiff_t kBlocks = hn::MaxLanes(d) / 8;
    store_blocks(half, hn::LowerHalf(half, v), to, stride);
    store_blocks(half, hn::UpperHalf(half, v), to + kBlocks * stride, stride);
  }
}

// to[i * stride + k] = v[k][i]
template <class D>
HWY_INLINE void store_transposed(D d, const hn::Vec<D> (&v)[4], float* to, std::ptrdiff_t stride) {
  const hn::RepartitionToWide<hn::RebindToUnsigned<D>> pairs;
  const auto low01 = hn::BitCast(pairs, hn::InterleaveLower(d, v[0], v[1]));
  const auto low23 = hn::BitCast(pairs, hn::InterleaveLower(d, v[2], v[3]));
  const auto high01 = hn::BitCast(pairs, hn::InterleaveUpper(d, v[0], v[1]));
  const auto high23 = hn::BitCast(pairs, hn::InterleaveUpper(d, v[2], v[3]));
  const auto row = [&](auto bits, std::ptrdiff_t i) HWY_ATTR {
    store_blocks(d, hn::BitCast(d, bits), to + i * stride, 4 * stride);
  };
  row(hn::InterleaveLower(pairs, low01, low23), 0);
  row(hn::InterleaveUpper(pairs, low01, low23), 1);
  row(hn::InterleaveLower(pairs, high01, high23), 2);
  row(hn::InterleaveUpper(pairs, high01, high23), 3);
}
#endif

}  // namespace limpid::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
