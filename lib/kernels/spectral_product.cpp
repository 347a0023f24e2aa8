// SPDX-License-Identifier: MIT
// multiply_accumulate_spectra: the sums of a few blocks stay in registers for all partitions.
#include "lib/kernels/negacyclic_fft.h"
#include "lib/kernels/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lib/kernels/spectral_product.cpp"
#include "hwy/foreach_target.h"  // first: it includes this file once per instruction set

#include "lib/kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace limpid::kernels::HWY_NAMESPACE {

// The four real products of each vector have a sum of their own: with few vectors in a block, one
// chain of multiply-adds would wait for itself.
template <int kWidth>
HWY_INLINE void multiply_block(const float* x, const float* h, int parts, float* sum) {
  const hn::CappedTag<float, kWidth> d;
  constexpr std::size_t kVectors = kWidth / hn::MaxLanes(d);
  hn::Vec<decltype(d)> rr[kVectors], ii[kVectors], ri[kVectors], ir[kVectors];
  for (std::size_t v = 0; v < kVectors; ++v) {
    rr[v] = hn::LoadU(d, sum + v * hn::MaxLanes(d));
    ri[v] = hn::LoadU(d, sum + kWidth + v * hn::MaxLanes(d));
    ii[v] = ir[v] = hn::Zero(d);
  }
  for (int p = 0; p < parts; ++p, x += 2 * kWidth, h += 2 * kWidth) {
    for (std::size_t v = 0; v < kVectors; ++v) {
      const auto xr = hn::LoadU(d, x + v * hn::MaxLanes(d));
      const auto xi = hn::LoadU(d, x + kWidth + v * hn::MaxLanes(d));
      const auto hr = hn::LoadU(d, h + v * hn::MaxLanes(d));
      const auto hi = hn::LoadU(d, h + kWidth + v * hn::MaxLanes(d));
      rr[v] = hn::MulAdd(xr, hr, rr[v]);
      ii[v] = hn::MulAdd(xi, hi, ii[v]);
      ri[v] = hn::MulAdd(xr, hi, ri[v]);
      ir[v] = hn::MulAdd(xi, hr, ir[v]);
    }
  }
  for (std::size_t v = 0; v < kVectors; ++v) {
    hn::StoreU(hn::Sub(rr[v], ii[v]), d, sum + v * hn::MaxLanes(d));
    hn::StoreU(hn::Add(ri[v], ir[v]), d, sum + kWidth + v * hn::MaxLanes(d));
  }
}

template <int kWidth>
void multiply_blocks(const float* x, std::ptrdiff_t x_stride, const float* h,
                     std::ptrdiff_t h_stride, int parts, int blocks, float* sum) {
  for (int b = 0; b < blocks; ++b, x += x_stride, h += h_stride, sum += 2 * kWidth)
    multiply_block<kWidth>(x, h, parts, sum);
}

void MultiplyAccumulate(const float* x, std::ptrdiff_t x_stride, const float* h,
                        std::ptrdiff_t h_stride, int parts, int blocks, int width, float* sum) {
  if (width == 16) return multiply_blocks<16>(x, x_stride, h, h_stride, parts, blocks, sum);
  if (width == 8) return multiply_blocks<8>(x, x_stride, h, h_stride, parts, blocks, sum);
  multiply_blocks<4>(x, x_stride, h, h_stride, parts, blocks, sum);
}

}  // namespace limpid::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
LIMPID_REALTIME_TRUSTED_BEGIN  // calls through the table of instruction sets
namespace limpid::kernels {

HWY_EXPORT(MultiplyAccumulate);

void multiply_accumulate_spectra(const float* x, std::ptrdiff_t x_stride, const float* h,
                                 std::ptrdiff_t h_stride, int parts, int blocks, int width,
                                 float* sum) LIMPID_REALTIME {
  HWY_DYNAMIC_DISPATCH(MultiplyAccumulate)
  (x, x_stride, h, h_stride, parts, blocks, width, sum);
}

}  // namespace limpid::kernels
LIMPID_REALTIME_TRUSTED_END
#endif
