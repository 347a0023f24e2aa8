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
// more columns at a time, so that there are this many chains, if need be of several panels.
inline constexpr int kFewRowsChains = 8;

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

// Weight: float, or a whole number of 8 bits, whose sums have to be scaled.
template <class Weight>
inline constexpr bool kScaled = std::is_same_v<Weight, std::int8_t>;

template <class Weight>
struct Tile {
  TileRule rule;
  const float* const* a;  // where each row starts
  float* const* c;
  std::ptrdiff_t column;      // first column of the tile in C; the tile writes all of its columns
  const Weight* b;            // of the tile's columns, as PackedMatrix lays them out
  std::ptrdiff_t panel_step;  // from a panel to the next one, where the tile has several
  const float* bias;          // of the tile's columns
  const float* scales;        // the same, of weights of 8 bits
};

template <class D>
HWY_INLINE hn::Vec<D> load_weights(D d, const float* b) {
  return hn::LoadU(d, b);
}

template <class D>
HWY_INLINE hn::Vec<D> load_weights(D d, const std::int8_t* b) {
  const hn::Rebind<std::int8_t, D> bytes;
  return hn::ConvertTo(d, hn::PromoteTo(hn::RebindToSigned<D>(), hn::LoadU(bytes, b)));
}

// c = sum, as it leaves the products, scaled where that is due.
template <bool kRelu, class Weight, class D, int kVectors>
HWY_INLINE void store_row(D d, const Tile<Weight>& t, hn::Vec<D> (&sum)[kVectors], float* c) {
  for (int v = 0; v < kVectors; ++v) {
    if constexpr (kScaled<Weight>)
      sum[v] = hn::MulAdd(sum[v], hn::LoadU(d, t.scales + v * lanes(d)),
                          hn::LoadU(d, t.bias + v * lanes(d)));
    hn::StoreU(kRelu ? hn::Max(sum[v], hn::Zero(d)) : sum[v], d, c + v * lanes(d));
  }
}

template <class Weight, class D, int kRows, int kVectors>
HWY_INLINE void store(D d, const Tile<Weight>& t, hn::Vec<D> (&sum)[kRows][kVectors]) {
  if (t.rule.relu) {
    HWY_UNROLL(16)
    for (int r = 0; r < kRows; ++r) store_row<true>(d, t, sum[r], t.c[r] + t.column);
  } else {
    HWY_UNROLL(16)
    for (int r = 0; r < kRows; ++r) store_row<false>(d, t, sum[r], t.c[r] + t.column);
  }
}

// Asks for the cache lines of what lies at b.
template <int kBytes>
HWY_INLINE void prefetch(const void* b) {
  for (int byte = 0; byte < kBytes; byte += static_cast<int>(kAlignment))
    hwy::Prefetch(static_cast<const char*>(b) + byte);
}

// sum[r][v] += a[r][p] * weights(v). Of one row no weight is used twice, so none takes a register
// for long; of more, weights are loaded once.
template <class D, int kRows, int kVectors, class Load>
HWY_INLINE void add_step(D d, const float* const (&a)[kRows], int p, const Load& weights,
                         hn::Vec<D> (&sum)[kRows][kVectors]) {
  if constexpr (kRows == 1) {
    const auto x = hn::Set(d, a[0][p]);
    for (int v = 0; v < kVectors; ++v) sum[0][v] = hn::MulAdd(x, weights(v), sum[0][v]);
  } else {
    hn::Vec<D> w[kVectors];
    for (int v = 0; v < kVectors; ++v) w[v] = weights(v);
    for (int r = 0; r < kRows; ++r) {
      const auto x = hn::Set(d, a[r][p]);
      for (int v = 0; v < kVectors; ++v) sum[r][v] = hn::MulAdd(x, w[v], sum[r][v]);
    }
  }
}

// b is [length][kWidth], in each panel of the tile.
template <int kWidth, class Weight, class D, int kRows, int kVectors>
HWY_INLINE void multiply_segment(D d, const Tile<Weight>& t, std::ptrdiff_t offset, const Weight* b,
                                 hn::Vec<D> (&sum)[kRows][kVectors]) {
  constexpr int kTogether = std::min(kWidth / lanes(D()), kVectors);  // vectors of a panel
  constexpr int kBytes = kTogether * lanes(D()) * static_cast<int>(sizeof(Weight));
  const float* a[kRows];
  for (int r = 0; r < kRows; ++r) a[r] = t.a[r] + offset;
  for (int p = 0; p < t.rule.length; ++p, b += kWidth) {
    for (int v = 0; v < kVectors; v += kTogether)
      prefetch<kBytes>(b + v / kTogether * t.panel_step + kAhead / kRows * kWidth);
    const auto weights = [&](int v) HWY_ATTR {
      return load_weights(d, b + v / kTogether * t.panel_step + v % kTogether * lanes(d));
    };
    add_step(d, a, p, weights, sum);
  }
}

template <int kWidth, int kLanesUsed, int kVectors, int kRows, class Weight>
void multiply_tile(const Tile<Weight>& t) {
  const hn::CappedTag<float, kLanesUsed> d;
  hn::Vec<decltype(d)> sum[kRows][kVectors];
  for (auto& row : sum)
    for (int v = 0; v < kVectors; ++v)
      row[v] = kScaled<Weight> ? hn::Zero(d) : hn::LoadU(d, t.bias + v * lanes(d));
  for (int s = 0; s < t.rule.segments; ++s)
    multiply_segment<kWidth>(d, t, t.rule.offset(s), t.b + s * t.rule.length * kWidth, sum);
  store(d, t, sum);
}

// How kPanels panels of kWidth columns are cut into tiles of at most kMaxRows rows and kMaxVectors
// vectors. Several panels are one tile.
template <int kWidth, class W = float, int kMaxRows = kTileRows, int kMaxVectors = kTileVectors,
          int kPanels = 1>
struct PanelTiles {
  using Weight = W;
  static constexpr int kLanesUsed = std::min(kWidth, static_cast<int>(kLanes));
  static constexpr int kVectors = std::min(kMaxVectors, kPanels* kWidth / kLanesUsed);
  static constexpr int kRows = kMaxRows;
  static constexpr int kColumns = kLanesUsed * kVectors;
  static_assert(kPanels == 1 || kColumns == kPanels * kWidth);
  template <int kCount>
  static void multiply(const Tile<Weight>& t) {
    multiply_tile<kWidth, kLanesUsed, kVectors, kCount>(t);
  }
};

}  // namespace limpid::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
