// SPDX-License-Identifier: MIT
// The innermost factors: kWide vectors of kWide complex numbers, first along the vectors, then,
// turned by 90 degrees, along what were the lanes. Included once per instruction set.
#if defined(LIMPID_KERNELS_MONARCH_TILE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef LIMPID_KERNELS_MONARCH_TILE_INL_H_
#undef LIMPID_KERNELS_MONARCH_TILE_INL_H_
#else
#define LIMPID_KERNELS_MONARCH_TILE_INL_H_
#endif

#include "lib/kernels/monarch_butterfly-inl.h"

HWY_BEFORE_NAMESPACE();
namespace limpid::kernels::HWY_NAMESPACE::monarch {

// Of one tile: w, w^2, w^3 and two roots of w for the columns (re, im; 8 is a multiple of a vector
// of four), then the vector of the rows' finest roots.
inline constexpr std::size_t kSharedTwiddles = 16, kTileTwiddles = kSharedTwiddles + 2 * kWide;

#if HWY_TARGET == HWY_SCALAR  // vectors of one: a tile is a single number

HWY_INLINE void TransformTile(float*, const float*) {}
HWY_INLINE void ConvolveTile(float* block, const float*, const float* spectrum) {
  store(load(block) * load(spectrum), block);
}

#else

// Pairs of neighbours in 32-bit steps, in 64-bit steps, then halves of 128 bits.
HWY_INLINE void transpose(V (&v)[kWide]) {
  const Wide d;
  const hn::RepartitionToWide<Wide> pairs;
  for (std::size_t i = 0; i < kWide; i += 4) {
    const auto a = hn::BitCast(pairs, hn::InterleaveLower(d, v[i], v[i + 1]));
    const auto b = hn::BitCast(pairs, hn::InterleaveUpper(d, v[i], v[i + 1]));
    const auto e = hn::BitCast(pairs, hn::InterleaveLower(d, v[i + 2], v[i + 3]));
    const auto f = hn::BitCast(pairs, hn::InterleaveUpper(d, v[i + 2], v[i + 3]));
    v[i] = hn::BitCast(d, hn::InterleaveLower(pairs, a, e));
    v[i + 1] = hn::BitCast(d, hn::InterleaveUpper(pairs, a, e));
    v[i + 2] = hn::BitCast(d, hn::InterleaveLower(pairs, b, f));
    v[i + 3] = hn::BitCast(d, hn::InterleaveUpper(pairs, b, f));
  }
  for (std::size_t i = 0; i + 4 < kWide; ++i) {
    const auto low = v[i], high = v[i + 4];
    v[i] = hn::ConcatLowerLower(d, high, low);
    v[i + 4] = hn::ConcatUpperUpper(d, high, low);
  }
}

HWY_INLINE void transpose(Complex (&a)[kWide]) {
  V part[kWide];
  for (std::size_t i = 0; i < kWide; ++i) part[i] = a[i].re;
  transpose(part);
  for (std::size_t i = 0; i < kWide; ++i) a[i].re = part[i];
  for (std::size_t i = 0; i < kWide; ++i) part[i] = a[i].im;
  transpose(part);
  for (std::size_t i = 0; i < kWide; ++i) a[i].im = part[i];
}

// kWide points: radix four, and radix two below it where there are eight.
struct TileButterflies {
  Butterfly<4> outer;
  Complex root, next_root;  // of w, and of -i w

  HWY_INLINE void forward(Complex (&a)[kWide]) const {
    constexpr std::size_t kStep = kWide / 4;
    for (std::size_t i = 0; i < kStep; ++i)
      outer.forward(a[i], a[i + kStep], a[i + 2 * kStep], a[i + 3 * kStep]);
    if constexpr (kWide == 8) {
      const Butterfly<2> first{root}, second{next_root};
      first.forward(a[0], a[1]);
      second.forward(a[2], a[3]);
      Butterfly<2>{minus_i(root)}.forward(a[4], a[5]);
      Butterfly<2>{minus_i(next_root)}.forward(a[6], a[7]);
    }
  }
  HWY_INLINE void inverse(Complex (&a)[kWide]) const {
    constexpr std::size_t kStep = kWide / 4;
    if constexpr (kWide == 8) {
      const Butterfly<2> first{root}, second{next_root};
      first.inverse(a[0], a[1]);
      second.inverse(a[2], a[3]);
      Butterfly<2>{minus_i(root)}.inverse(a[4], a[5]);
      Butterfly<2>{minus_i(next_root)}.inverse(a[6], a[7]);
    }
    for (std::size_t i = 0; i < kStep; ++i)
      outer.inverse(a[i], a[i + kStep], a[i + 2 * kStep], a[i + 3 * kStep]);
  }
};

HWY_INLINE TileButterflies column_butterflies(const float* twiddles) {
  return {butterfly<4>(twiddles), broadcast(twiddles + 6), broadcast(twiddles + 8)};
}

// Powers of the stored root, because reading them would cost more than computing them.
HWY_INLINE TileButterflies row_butterflies(const float* twiddles) {
  const Complex finest = load(twiddles + kSharedTwiddles);
  if constexpr (kWide == 4) {
    const Complex w2 = finest * finest;
    return {{finest, w2, w2 * finest}, finest, finest};
  } else {
    const Complex w = finest * finest, w2 = w * w;
    const auto half = hn::Set(Wide(), 0.70710678118654752f);
    const Complex eighth = {half, hn::Neg(half)};
    return {{w, w2, w2 * w}, finest, finest * eighth};
  }
}

HWY_INLINE void load_tile(const float* block, Complex (&a)[kWide]) {
  for (std::size_t i = 0; i < kWide; ++i) a[i] = load(block + 2 * kWide * i);
}
HWY_INLINE void store_tile(const Complex (&a)[kWide], float* block) {
  for (std::size_t i = 0; i < kWide; ++i) store(a[i], block + 2 * kWide * i);
}

HWY_NOINLINE void TransformTile(float* HWY_RESTRICT block, const float* HWY_RESTRICT twiddles) {
  Complex a[kWide];
  load_tile(block, a);
  column_butterflies(twiddles).forward(a);
  transpose(a);
  row_butterflies(twiddles).forward(a);
  store_tile(a, block);
}

HWY_NOINLINE void ConvolveTile(float* HWY_RESTRICT block, const float* HWY_RESTRICT twiddles,
                               const float* HWY_RESTRICT spectrum) {
  Complex a[kWide];
  load_tile(block, a);
  column_butterflies(twiddles).forward(a);
  transpose(a);
  const TileButterflies rows = row_butterflies(twiddles);
  rows.forward(a);
  for (std::size_t i = 0; i < kWide; ++i) a[i] = a[i] * load(spectrum + 2 * kWide * i);
  rows.inverse(a);
  transpose(a);
  column_butterflies(twiddles).inverse(a);
  store_tile(a, block);
}

#endif

}  // namespace limpid::kernels::HWY_NAMESPACE::monarch
HWY_AFTER_NAMESPACE();

#endif
