// SPDX-License-Identifier: MIT
// fir: vectors run along the samples; a block of them shares each tap.
#include "lib/kernels/fir.h"

#include "lib/kernels/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lib/kernels/fir.cpp"
#include "hwy/foreach_target.h"  // first: it includes this file once per instruction set

#include "lib/kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace limpid::kernels::HWY_NAMESPACE {

// Enough independent sums to hide the latency of a multiply-add.
inline constexpr int kFirSums = 8;

// kCount vectors of samples.
template <int kCount, class D>
HWY_INLINE void filter_vectors(D d, const float* x, const float* h, int taps, float* y) {
  hn::Vec<D> sum[kCount];
  for (std::size_t v = 0; v < kCount; ++v) sum[v] = hn::LoadU(d, y + v * hn::MaxLanes(d));
  for (int tap = 0; tap < taps; ++tap) {
    const auto gain = hn::Set(d, h[tap]);
    for (std::size_t v = 0; v < kCount; ++v)
      sum[v] = hn::MulAdd(gain, hn::LoadU(d, x - tap + v * hn::MaxLanes(d)), sum[v]);
  }
  for (std::size_t v = 0; v < kCount; ++v) hn::StoreU(sum[v], d, y + v * hn::MaxLanes(d));
}

void Fir(const float* x, const float* h, int taps, int n, float* y) {
  constexpr std::size_t kBlock = kFirSums * kLanes;
  const auto count = static_cast<std::size_t>(n);
  std::size_t i = 0;
  for (; i + kBlock <= count; i += kBlock)
    filter_vectors<kFirSums>(hn::CappedTag<float, kLanes>(), x + i, h, taps, y + i);
  for_each_piece(
      count,
      [&](auto d, std::size_t at) HWY_ATTR { filter_vectors<1>(d, x + at, h, taps, y + at); }, i);
}

}  // namespace limpid::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
LIMPID_REALTIME_TRUSTED_BEGIN  // calls through the table of instruction sets
namespace limpid::kernels {

HWY_EXPORT(Fir);

void fir(const float* x, const float* h, int taps, int n, float* y) LIMPID_REALTIME {
  HWY_DYNAMIC_DISPATCH(Fir)(x, h, taps, n, y);
}

}  // namespace limpid::kernels
LIMPID_REALTIME_TRUSTED_END
#endif
