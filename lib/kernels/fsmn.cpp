// SPDX-License-Identifier: MIT
// fsmn_memory: vectors run along the channels, a block of steps shares each load of a weight.
#include "lib/kernels/fsmn.h"

#include <algorithm>

#include "lib/kernels/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lib/kernels/fsmn.cpp"
#include "hwy/foreach_target.h"  // first: it includes this file once per instruction set

#include "lib/kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace limpid::kernels::HWY_NAMESPACE {

// One vector of channels.
struct Column {
  const float* x;
  std::ptrdiff_t x_stride;
  const float* w;
  std::ptrdiff_t w_stride;
  int taps, history;
  float* y;
  std::ptrdiff_t y_stride;
};

// Steps s .. s+kSteps. Each sum runs from the oldest tap to the newest whatever the block.
template <int kSteps, class D>
HWY_INLINE void steps(D d, const Column& p, int s) {
  const auto first_tap = [&](int i)
                             HWY_ATTR { return std::max(0, p.taps - 1 - p.history - s - i); };
  const float* oldest = p.x + (s - (p.taps - 1)) * p.x_stride;  // what tap 0 of step s would see
  hn::Vec<D> sum[kSteps];
  for (int i = 0; i < kSteps; ++i) {  // later steps reach taps that step s has no past for
    sum[i] = hn::Zero(d);
    for (int j = first_tap(i); j < first_tap(0); ++j)
      sum[i] = hn::MulAdd(hn::LoadU(d, p.w + j * p.w_stride),
                          hn::LoadU(d, oldest + (i + j) * p.x_stride), sum[i]);
  }
  for (int j = first_tap(0); j < p.taps; ++j) {
    const auto w = hn::LoadU(d, p.w + j * p.w_stride);
    for (int i = 0; i < kSteps; ++i)
      sum[i] = hn::MulAdd(w, hn::LoadU(d, oldest + (i + j) * p.x_stride), sum[i]);
  }
  for (int i = 0; i < kSteps; ++i) hn::StoreU(sum[i], d, p.y + (s + i) * p.y_stride);
}

void FsmnMemory(const float* x, std::ptrdiff_t x_stride, int history, int count, int channels,
                const float* w, int taps, float* y, std::ptrdiff_t y_stride) {
  for_each_piece(static_cast<std::size_t>(channels), [&](auto d, std::size_t c) HWY_ATTR {
    const Column p{x + c, x_stride, w + c, channels, taps, history, y + c, y_stride};
    int s = 0;
    for (; s + 8 <= count; s += 8) steps<8>(d, p, s);
    for (; s + 2 <= count; s += 2) steps<2>(d, p, s);
    for (; s < count; ++s) steps<1>(d, p, s);
  });
}

}  // namespace limpid::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace limpid::kernels {

HWY_EXPORT(FsmnMemory);

void fsmn_memory(const float* x, std::ptrdiff_t x_stride, int history, int steps, int channels,
                 std::span<const float> w, int taps, float* y,
                 std::ptrdiff_t y_stride) LIMPID_REALTIME {
  HWY_DYNAMIC_DISPATCH(FsmnMemory)
  (x, x_stride, history, steps, channels, w.data(), taps, y, y_stride);
}

}  // namespace limpid::kernels
#endif
