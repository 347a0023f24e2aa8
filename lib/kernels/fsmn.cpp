// SPDX-License-Identifier: MIT
// fsmn_memory: vectors run along the channels; a block of steps shares the loads of taps and past.
#include "lib/kernels/fsmn.h"

#include <algorithm>

#include "lib/kernels/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lib/kernels/fsmn.cpp"
#include "hwy/foreach_target.h"  // first: it includes this file once per instruction set

#include "lib/kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace limpid::kernels::HWY_NAMESPACE {

// Steps computed together, and taps between two looks at the loop's end; the fastest of those whose
// kSteps sums and kSteps + kTaps - 1 steps of x fit into the registers. A step is loaded once for
// all kTaps taps.
#if HWY_TARGET <= HWY_AVX3 || HWY_TARGET == HWY_NEON
inline constexpr int kStepsTogether = 12, kTapsTogether = 4;
#else
inline constexpr int kStepsTogether = 4, kTapsTogether = 4;
#endif

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

// sum[i] += w[0] * x[i] + w[1] * x[i + 1] + ..., kTaps taps.
template <int kTaps, int kSteps, class D>
HWY_INLINE void add_taps(D d, const float* w, std::ptrdiff_t w_stride, const float* x,
                         std::ptrdiff_t x_stride, hn::Vec<D> (&sum)[kSteps]) {
  hn::Vec<D> past[kSteps + kTaps - 1];
  for (int i = 0; i < kSteps + kTaps - 1; ++i) past[i] = hn::LoadU(d, x + i * x_stride);
  for (int j = 0; j < kTaps; ++j) {
    const auto tap = hn::LoadU(d, w + j * w_stride);
    for (int i = 0; i < kSteps; ++i) sum[i] = hn::MulAdd(tap, past[i + j], sum[i]);
  }
}

// Steps s .. s+kSteps. Each sum runs from the oldest tap to the newest whatever the block.
template <int kSteps, class D>
HWY_INLINE void filter_steps(D d, const Column& p, int s) {
  const float* x =
      p.x + (s - (p.taps - 1)) * p.x_stride;        // what tap j of step s + i sees: x[i + j]
  int j = std::max(0, p.taps - 1 - p.history - s);  // the first tap with a past at step s
  hn::Vec<D> sum[kSteps];
  for (auto& v : sum) v = hn::Zero(d);
  HWY_UNROLL(12)
  for (int early = kSteps - 1; early > 0; --early) {  // later steps have a past for earlier taps
    if (early > j) continue;
    const auto tap = hn::LoadU(d, p.w + (j - early) * p.w_stride);
    for (int i = early; i < kSteps; ++i)
      sum[i] = hn::MulAdd(tap, hn::LoadU(d, x + (j - early + i) * p.x_stride), sum[i]);
  }
  for (; j + kTapsTogether <= p.taps; j += kTapsTogether)
    add_taps<kTapsTogether>(d, p.w + j * p.w_stride, p.w_stride, x + j * p.x_stride, p.x_stride,
                            sum);
  for (; j < p.taps; ++j)
    add_taps<1>(d, p.w + j * p.w_stride, p.w_stride, x + j * p.x_stride, p.x_stride, sum);
  for (int i = 0; i < kSteps; ++i) hn::StoreU(sum[i], d, p.y + (s + i) * p.y_stride);
}

template <int kSteps, class D>
HWY_INLINE void filter(D d, const Column& p, int count, int s = 0) {
  for (; s + kSteps <= count; s += kSteps) filter_steps<kSteps>(d, p, s);
  if constexpr (kSteps > 1) filter<kSteps / 2>(d, p, count, s);
}

void FsmnMemory(const float* x, std::ptrdiff_t x_stride, int history, int count, int channels,
                const float* w, int taps, float* y, std::ptrdiff_t y_stride) {
  for_each_piece(static_cast<std::size_t>(channels), [&](auto d, std::size_t c) HWY_ATTR {
    const Column column{x + c, x_stride, w + c, channels, taps, history, y + c, y_stride};
    filter<kStepsTogether>(d, column, count);
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
