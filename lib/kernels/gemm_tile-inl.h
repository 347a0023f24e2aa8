// SPDX-License-Identifier: MIT
// The micro-kernel of gemm: kRows rows of A by kVectors vectors of columns, summed in registers
// over all of K. Each element of C is one chain of multiply-adds in the order of K, whatever the
// tile, so that a row's result does not depend on its neighbours. Included once per instruction
// set.
#if defined(LIMPID_KERNELS_GEMM_TILE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef LIMPID_KERNELS_GEMM_TILE_INL_H_
#undef LIMPID_KERNELS_GEMM_TILE_INL_H_
#else
#define LIMPID_KERNELS_GEMM_TILE_INL_H_
#endif

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "hwy/cache_control.h"
#include "lib/base/arena.h"
#include "lib/kernels/gemm.h"
#include "lib/kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace limpid::kernels::HWY_NAMESPACE {

// Registers: kTileRows * kTileVectors sums, the vectors of one row of the panel, one broadcast; and
// a pointer for each row. (12 rows would fit into AVX-512, but compilers run out of pointers.)
#if HWY_TARGET <= HWY_AVX3
inline constexpr int kTileRows = 10, kTileVectors = 2;
#elif HWY_TARGET == HWY_NEON
inline constexpr int kTileRows = 8, kTileVectors = 2;
#elif HWY_TARGET == HWY_SCALAR
inline constexpr int kTileRows = 2, kTileVectors = 4;
#else
inline constexpr int kTileRows = 6, kTileVectors = 2;
#endif

// A row or two are few chains of multiply-adds, each of which waits for its last one: they take
// more columns at a time.
inline constexpr int kFewRows = 2, kFewRowsVectors = 4;

// A network's weights are larger than the second-level cache, so B is fetched ahead of time. How
// far, in rows of A times steps along K: about what a core multiplies while the third level
// answers.
inline constexpr int kAhead = 512;

template <class D>
constexpr int lanes(D d) {
  return static_cast<int>(hn::MaxLanes(d));
}

// How the rows of A are read, and what becomes of sums.
struct TileRule {
  int segments, length;  // of a row of A
  std::ptrdiff_t segment_stride;
  const std::ptrdiff_t* offsets;  // of the segments, in place of segment_stride; or null
  bool relu;

  std::ptrdiff_t offset(int segment) const {
    return offsets == nullptr ? segment * segment_stride : offsets[segment];
  }
};

// Weight: float, or a word of two bfloat16 numbers, of which half as many are read.
template <class Weight>
inline constexpr int kColumnsPerWord = std::is_same_v<Weight, float> ? 1 : 2;

template <class Weight>
struct Tile {
  TileRule rule;
  const float* const* a;  // where each row starts
  float* const* c;
  std::ptrdiff_t column;  // first column of the tile in C; the tile writes all of its columns
  const Weight* b;        // of the tile's columns, as PackedMatrix lays them out
  const float* bias;      // of the tile's columns
};

// Where vector v of a tile stands, in columns from the tile's first. The second number of a word
// belongs to the column half a panel on.
template <class Weight, class D>
constexpr int column_of(D d, int v) {
  if constexpr (kColumnsPerWord<Weight> == 1) return v * lanes(d);
  return v / 2 * lanes(d) + v % 2 * (PackedMatrix::kPanel / 2);
}

template <class D, int kVectors>
HWY_INLINE void load_weights(D d, const float* b, hn::Vec<D> (&w)[kVectors]) {
  for (int v = 0; v < kVectors; ++v) w[v] = hn::LoadU(d, b + v * lanes(d));
}

template <class D, int kVectors>
HWY_INLINE void load_weights(D d, const std::uint32_t* b, hn::Vec<D> (&w)[kVectors]) {
  static_assert(kVectors % 2 == 0);
  const hn::RebindToUnsigned<D> bits;
  for (int v = 0; v < kVectors; v += 2) {
    const auto words = hn::LoadU(bits, b + v / 2 * lanes(d));
    w[v] = hn::BitCast(d, hn::ShiftLeft<16>(words));
    w[v + 1] = hn::BitCast(d, hn::And(words, hn::Set(bits, 0xffff0000u)));
  }
}

template <bool kRelu, class Weight, class D, int kVectors>
HWY_INLINE void store_row(D d, const hn::Vec<D> (&sum)[kVectors], float* c) {
  for (int v = 0; v < kVectors; ++v)
    hn::StoreU(kRelu ? hn::Max(sum[v], hn::Zero(d)) : sum[v], d, c + column_of<Weight>(d, v));
}

template <class Weight, class D, int kRows, int kVectors>
HWY_INLINE void store(D d, const Tile<Weight>& t, const hn::Vec<D> (&sum)[kRows][kVectors]) {
  if (t.rule.relu) {
    HWY_UNROLL(16)
    for (int r = 0; r < kRows; ++r) store_row<true, Weight>(d, sum[r], t.c[r] + t.column);
  } else {
    HWY_UNROLL(16)
    for (int r = 0; r < kRows; ++r) store_row<false, Weight>(d, sum[r], t.c[r] + t.column);
  }
}

// Asks for the cache lines of what lies at b.
template <int kBytes>
HWY_INLINE void prefetch(const void* b) {
  for (int byte = 0; byte < kBytes; byte += static_cast<int>(kAlignment))
    hwy::Prefetch(static_cast<const char*>(b) + byte);
}

// b is [length][kRowWords].
template <int kRowWords, class Weight, class D, int kRows, int kVectors>
HWY_INLINE void multiply_segment(D d, const Tile<Weight>& t, std::ptrdiff_t offset, const Weight* b,
                                 hn::Vec<D> (&sum)[kRows][kVectors]) {
  constexpr int kBytes = kVectors * lanes(D()) * 4 / kColumnsPerWord<Weight>;
  const float* a[kRows];
  for (int r = 0; r < kRows; ++r) a[r] = t.a[r] + offset;
  for (int p = 0; p < t.rule.length; ++p, b += kRowWords) {
    hn::Vec<D> w[kVectors];
    load_weights(d, b, w);
    prefetch<kBytes>(b + kAhead / kRows * kRowWords);
    for (int r = 0; r < kRows; ++r) {
      const auto x = hn::Set(d, a[r][p]);
      for (int v = 0; v < kVectors; ++v) sum[r][v] = hn::MulAdd(x, w[v], sum[r][v]);
    }
  }
}

template <int kWidth, int kLanesUsed, int kVectors, int kRows, class Weight>
void multiply_tile(const Tile<Weight>& t) {
  constexpr int kRowWords = kWidth / kColumnsPerWord<Weight>;
  const hn::CappedTag<float, kLanesUsed> d;
  hn::Vec<decltype(d)> sum[kRows][kVectors];
  for (auto& row : sum)
    for (int v = 0; v < kVectors; ++v) row[v] = hn::LoadU(d, t.bias + column_of<Weight>(d, v));
  for (int s = 0; s < t.rule.segments; ++s)
    multiply_segment<kRowWords>(d, t, t.rule.offset(s), t.b + s * t.rule.length * kRowWords, sum);
  store(d, t, sum);
}

// How a panel of kWidth columns is cut into tiles of at most kMax vectors.
template <int kWidth, class W = float, int kMax = kTileVectors>
struct PanelTiles {
  using Weight = W;
  static constexpr int kLanesUsed = std::min(kWidth / kColumnsPerWord<W>, static_cast<int>(kLanes));
  static constexpr int kVectors = std::min(kMax, kWidth / kLanesUsed);
  static constexpr int kRows = kMax == kTileVectors ? kTileRows : kFewRows;
  static constexpr int kColumns = kLanesUsed * kVectors;
  static constexpr int kStep = kColumns / kColumnsPerWord<W>;  // from a tile to the next
  template <int kCount>
  static void multiply(const Tile<Weight>& t) {
    multiply_tile<kWidth, kLanesUsed, kVectors, kCount>(t);
  }
};

}  // namespace limpid::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
