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

// Steps computed together, and taps between two looks at the loop's end; the fastest of those
// measured. A sum is a chain of multiply-adds of which each waits for the last one, so it takes
// eight of them to keep a core busy; fewer steps than that take more vectors of channels together.
// A step is loaded once for all kTaps taps.
#if HWY_TARGET <= HWY_AVX3 || HWY_TARGET == HWY_NEON
inline constexpr int kStepsTogether = 12, kTapsTogether = 4;
#else
inline constexpr int kStepsTogether = 8, kTapsTogether = 2;
#endif
inline constexpr int kMaxVectors = 4;

struct Filter {
  const float* x;
  std::ptrdiff_t x_stride;
  const float* w;
  std::ptrdiff_t w_stride;
  int taps, history;
  float* y;
  std::ptrdiff_t y_stride;

  Filter from(std::size_t channel) const {
    Filter rest = *this;
    rest.x += channel;
    rest.w += channel;
    rest.y += channel;
    return rest;
  }
};

// sum[i] += w[0] * x[i] + w[1] * x[i + 1] + ..., kTaps taps of one vector of channels.
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

// The same of kVectors vectors: taps j .. j + kTaps, where tap 0 sees x.
template <int kTaps, int kSteps, int kVectors, class D>
HWY_INLINE void add_taps(D d, const Filter& p, int j, const float* x,
                         hn::Vec<D> (&sum)[kVectors][kSteps]) {
  for (std::size_t v = 0; v < kVectors; ++v) {
    const auto channel = static_cast<std::ptrdiff_t>(v * hn::MaxLanes(d));
    add_taps<kTaps>(d, p.w + channel + j * p.w_stride, p.w_stride, x + channel + j * p.x_stride,
                    p.x_stride, sum[v]);
  }
}

// Steps s .. s + kSteps. Each sum runs from the oldest tap to the newest whatever the block.
template <int kSteps, int kVectors, class D>
HWY_INLINE void filter_steps(D d, const Filter& p, int s) {
  const float* x =
      p.x + (s - (p.taps - 1)) * p.x_stride;        // what tap j of step s + i sees: x[i + j]
  int j = std::max(0, p.taps - 1 - p.history - s);  // the first tap with a past at step s
  hn::Vec<D> sum[kVectors][kSteps];
  for (auto& steps : sum)
    for (auto& v : steps) v = hn::Zero(d);
  HWY_UNROLL(12)
  for (int early = kSteps - 1; early > 0; --early) {  // later steps have a past for earlier taps
    if (early > j) continue;
    for (std::size_t v = 0; v < kVectors; ++v) {
      const auto channel = static_cast<std::ptrdiff_t>(v * hn::MaxLanes(d));
      const auto tap = hn::LoadU(d, p.w + channel + (j - early) * p.w_stride);
      for (int i = early; i < kSteps; ++i)
        sum[v][i] =
            hn::MulAdd(tap, hn::LoadU(d, x + channel + (j - early + i) * p.x_stride), sum[v][i]);
    }
  }
  for (; j + kTapsTogether <= p.taps; j += kTapsTogether) add_taps<kTapsTogether>(d, p, j, x, sum);
  for (; j < p.taps; ++j) add_taps<1>(d, p, j, x, sum);
  for (std::size_t v = 0; v < kVectors; ++v)
    for (int i = 0; i < kSteps; ++i)
      hn::StoreU(sum[v][i], d, p.y + v * hn::MaxLanes(d) + (s + i) * p.y_stride);
}

// Steps s .. count as far as they are whole blocks, then the rest in smaller ones.
template <int kSteps>
HWY_INLINE void filter(const Filter& p, std::size_t channels, int count, int s = 0) {
  constexpr int kVectors = std::clamp(kStepsTogether / kSteps, 1, kMaxVectors);
  if (s + kSteps <= count) {
    const hn::CappedTag<float, kLanes> whole;
    std::size_t c = 0;
    for (; c + kVectors * kLanes <= channels; c += kVectors * kLanes)
      for (int t = s; t + kSteps <= count; t += kSteps)
        filter_steps<kSteps, kVectors>(whole, p.from(c), t);
    for_each_piece(
        channels,
        [&](auto d, std::size_t i) HWY_ATTR {
          for (int t = s; t + kSteps <= count; t += kSteps)
            filter_steps<kSteps, 1>(d, p.from(i), t);
        },
        c);
    s += (count - s) / kSteps * kSteps;
  }
  if constexpr (kSteps > 1) filter<kSteps / 2>(p, channels, count, s);
}

void FsmnMemory(const float* x, std::ptrdiff_t x_stride, int history, int count, int channels,
                const float* w, int taps, float* y, std::ptrdiff_t y_stride) {
  filter<kStepsTogether>({x, x_stride, w, channels, taps, history, y, y_stride},
                         static_cast<std::size_t>(channels), count);
}

}  // namespace limpid::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
LIMPID_REALTIME_TRUSTED_BEGIN  // calls through the table of instruction sets
namespace limpid::kernels {

HWY_EXPORT(FsmnMemory);

void fsmn_memory(const float* x, std::ptrdiff_t x_stride, int history, int steps, int channels,
                 std::span<const float> w, int taps, float* y,
                 std::ptrdiff_t y_stride) LIMPID_REALTIME {
  HWY_DYNAMIC_DISPATCH(FsmnMemory)
  (x, x_stride, history, steps, channels, w.data(), taps, y, y_stride);
}

}  // namespace limpid::kernels
LIMPID_REALTIME_TRUSTED_END
#endif
