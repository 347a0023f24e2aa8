// SPDX-License-Identifier: MIT
// One level of the tree of factors over a whole block, reading from and writing to the block itself
// or the caller's samples. Included once per instruction set.
#if defined(LIMPID_KERNELS_MONARCH_PASS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef LIMPID_KERNELS_MONARCH_PASS_INL_H_
#undef LIMPID_KERNELS_MONARCH_PASS_INL_H_
#else
#define LIMPID_KERNELS_MONARCH_PASS_INL_H_
#endif

#include <algorithm>

#include "lib/kernels/monarch.h"
#include "lib/kernels/monarch_butterfly-inl.h"

HWY_BEFORE_NAMESPACE();
namespace limpid::kernels::HWY_NAMESPACE::monarch {

inline constexpr std::size_t kVectorFloats = 2 * kWide;

// Vector j of a block, wherever it lies.
struct Block {
  float* data;
  HWY_INLINE Complex get(std::size_t j) const { return load(data + j * kVectorFloats); }
  HWY_INLINE void put(std::size_t j, Complex v) const { store(v, data + j * kVectorFloats); }
};

HWY_NOINLINE V load_edge(const InputPiece (&pieces)[2], std::ptrdiff_t n) {
  HWY_ALIGN float values[kWide] = {};
  for (const InputPiece& piece : pieces) {
    const std::ptrdiff_t end = std::min(piece.end, n + static_cast<std::ptrdiff_t>(kWide));
    for (std::ptrdiff_t i = std::max(piece.begin, n); i < end; ++i)
      values[i - n] = piece.gate ? piece.x[i] * piece.gate[i] : piece.x[i];
  }
  return hn::Load(Wide(), values);
}

HWY_INLINE V load_samples(const InputPiece (&pieces)[2], std::size_t j) {
  const Wide d;
  const auto n = static_cast<std::ptrdiff_t>(j * kWide);
  for (const InputPiece& piece : pieces) {
    if (n < piece.begin || n + static_cast<std::ptrdiff_t>(kWide) > piece.end) continue;
    const V x = hn::LoadU(d, piece.x + n);
    return piece.gate ? hn::Mul(x, hn::LoadU(d, piece.gate + n)) : x;
  }
  return load_edge(pieces, n);
}

HWY_NOINLINE void store_edge(const OutputPiece& piece, std::ptrdiff_t n, V v) {
  HWY_ALIGN float values[kWide];
  hn::Store(v, Wide(), values);
  const std::ptrdiff_t end = std::min(piece.end, n + static_cast<std::ptrdiff_t>(kWide));
  for (std::ptrdiff_t i = std::max(piece.begin, n); i < end; ++i)
    piece.y[i] = piece.gate ? values[i - n] * piece.gate[i] : values[i - n];
}

HWY_INLINE void store_samples(const OutputPiece& piece, std::size_t j, V v) {
  const Wide d;
  const auto n = static_cast<std::ptrdiff_t>(j * kWide);
  if (n >= piece.begin && n + static_cast<std::ptrdiff_t>(kWide) <= piece.end) {
    hn::StoreU(piece.gate ? hn::Mul(v, hn::LoadU(d, piece.gate + n)) : v, d, piece.y + n);
  } else if (n < piece.end && n + static_cast<std::ptrdiff_t>(kWide) > piece.begin) {
    store_edge(piece, n, v);
  }
}

// kImaginary false: the component is known to be zero, or unwanted, and costs nothing.
template <bool kImaginary>
struct Samples {
  const BlockInput& in;
  HWY_INLINE Complex get(std::size_t j) const {
    return {load_samples(in.re, j), kImaginary ? load_samples(in.im, j) : hn::Zero(Wide())};
  }
};

template <bool kImaginary>
struct Results {
  const BlockOutput& out;
  HWY_INLINE void put(std::size_t j, Complex v) const {
    store_samples(out.re, j, v.re);
    if constexpr (kImaginary) store_samples(out.im, j, v.im);
  }
};

template <int kRadix, class From>
HWY_INLINE void forward_pass(const From& from, const Block& to, std::size_t vectors,
                             const float* twiddles) {
  const auto b = butterfly<kRadix>(twiddles);
  const std::size_t step = vectors / kRadix;
  for (std::size_t j = 0; j < step; ++j) {
    Complex a[kRadix];
    for (std::size_t i = 0; i < kRadix; ++i) a[i] = from.get(j + i * step);
    b.forward(a);
    for (std::size_t i = 0; i < kRadix; ++i) to.put(j + i * step, a[i]);
  }
}

template <int kRadix, class To>
HWY_INLINE void inverse_pass(const Block& from, const To& to, std::size_t vectors,
                             const float* twiddles) {
  const auto b = butterfly<kRadix>(twiddles);
  const std::size_t step = vectors / kRadix;
  for (std::size_t j = 0; j < step; ++j) {
    Complex a[kRadix];
    for (std::size_t i = 0; i < kRadix; ++i) a[i] = from.get(j + i * step);
    b.inverse(a);
    for (std::size_t i = 0; i < kRadix; ++i) to.put(j + i * step, a[i]);
  }
}

// Radix 1: a block that is one tile is only brought in and out.
template <class From>
HWY_INLINE void forward_pass(int radix, const From& from, const Block& to, std::size_t vectors,
                             const float* twiddles) {
  if (radix == 4) return forward_pass<4>(from, to, vectors, twiddles);
  if (radix == 2) return forward_pass<2>(from, to, vectors, twiddles);
  for (std::size_t j = 0; j < vectors; ++j) to.put(j, from.get(j));
}

template <class To>
HWY_INLINE void inverse_pass(int radix, const Block& from, const To& to, std::size_t vectors,
                             const float* twiddles) {
  if (radix == 4) return inverse_pass<4>(from, to, vectors, twiddles);
  if (radix == 2) return inverse_pass<2>(from, to, vectors, twiddles);
  for (std::size_t j = 0; j < vectors; ++j) to.put(j, from.get(j));
}

}  // namespace limpid::kernels::HWY_NAMESPACE::monarch
HWY_AFTER_NAMESPACE();

#endif
