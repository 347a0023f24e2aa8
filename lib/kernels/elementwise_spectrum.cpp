// SPDX-License-Identifier: MIT
// The way into and out of a network: samples checked, spectra compressed, masks applied.
#include "lib/kernels/elementwise.h"
#include "lib/kernels/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lib/kernels/elementwise_spectrum.cpp"
#include "hwy/foreach_target.h"  // first: it includes this file once per instruction set

#include "lib/kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace limpid::kernels::HWY_NAMESPACE {

// x and y are interleaved (re, im) pairs here: std::complex guarantees that layout.
template <bool kSquareRoot>
void CompressPairs(const float* x, int n, float scale, float* re, float* im) {
  for_each_piece(static_cast<std::size_t>(n), [&](auto d, std::size_t i) HWY_ATTR {
    hn::Vec<decltype(d)> r, j;
    hn::LoadInterleaved2(d, x + 2 * i, r, j);
    auto gain = hn::Set(d, scale);
    r = hn::Mul(r, gain);
    j = hn::Mul(j, gain);
    if constexpr (kSquareRoot) {
      const auto power = hn::MulAdd(r, r, hn::MulAdd(j, j, hn::Set(d, 1e-12f)));
      gain = hn::Div(hn::Set(d, 1.0f), hn::Sqrt(hn::Sqrt(power)));
      r = hn::Mul(r, gain);
      j = hn::Mul(j, gain);
    }
    hn::StoreU(r, d, re + i);
    hn::StoreU(j, d, im + i);
  });
}

void Compress(const float* x, int n, float scale, float exponent, float* re, float* im) {
  if (exponent == 1.0f) {
    CompressPairs<false>(x, n, scale, re, im);
  } else {
    CompressPairs<true>(x, n, scale, re, im);
  }
}

void ApplyMask(const float* x, const float* mask_re, const float* mask_im, int n, float* y) {
  for_each_piece(static_cast<std::size_t>(n), [&](auto d, std::size_t i) HWY_ATTR {
    hn::Vec<decltype(d)> r, j;
    hn::LoadInterleaved2(d, x + 2 * i, r, j);
    const auto mr = hn::LoadU(d, mask_re + i);
    const auto mj = hn::LoadU(d, mask_im + i);
    const auto yr = hn::Sub(hn::Mul(r, mr), hn::Mul(j, mj));
    const auto yj = hn::Add(hn::Mul(r, mj), hn::Mul(j, mr));
    hn::StoreInterleaved2(yr, yj, d, y + 2 * i);
  });
}

void AddMasked(const float* x, const float* mask_re, const float* mask_im, int n, float* y) {
  for_each_piece(static_cast<std::size_t>(n), [&](auto d, std::size_t i) HWY_ATTR {
    hn::Vec<decltype(d)> r, j, yr, yj;
    hn::LoadInterleaved2(d, x + 2 * i, r, j);
    hn::LoadInterleaved2(d, y + 2 * i, yr, yj);
    const auto mr = hn::LoadU(d, mask_re + i);
    const auto mj = hn::LoadU(d, mask_im + i);
    yr = hn::NegMulAdd(j, mj, hn::MulAdd(r, mr, yr));
    yj = hn::MulAdd(j, mr, hn::MulAdd(r, mj, yj));
    hn::StoreInterleaved2(yr, yj, d, y + 2 * i);
  });
}

std::size_t Repair(const float* x, std::ptrdiff_t n, float* y) {
  std::size_t finite = 0;
  for_each_piece(static_cast<std::size_t>(n), [&](auto d, std::size_t i) HWY_ATTR {
    const auto v = hn::LoadU(d, x + i);
    const auto good = hn::IsFinite(v);
    const auto limit = hn::Set(d, kLoudest);
    const auto clipped = hn::Max(hn::Min(v, limit), hn::Neg(limit));
    finite += hn::CountTrue(d, good);
    hn::StoreU(hn::IfThenElseZero(good, clipped), d, y + i);
  });
  return static_cast<std::size_t>(n) - finite;
}

}  // namespace limpid::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
LIMPID_REALTIME_TRUSTED_BEGIN  // calls through the table of instruction sets
namespace limpid::kernels {

HWY_EXPORT(Compress);
HWY_EXPORT(ApplyMask);
HWY_EXPORT(AddMasked);
HWY_EXPORT(Repair);

void compress(const cfloat* x, int n, float scale, float exponent, float* re,
              float* im) LIMPID_REALTIME {
  HWY_DYNAMIC_DISPATCH(Compress)(reinterpret_cast<const float*>(x), n, scale, exponent, re, im);
}

void apply_mask(const cfloat* x, const float* mask_re, const float* mask_im, int n,
                cfloat* y) LIMPID_REALTIME {
  HWY_DYNAMIC_DISPATCH(ApplyMask)
  (reinterpret_cast<const float*>(x), mask_re, mask_im, n, reinterpret_cast<float*>(y));
}

void add_masked(const cfloat* x, const float* mask_re, const float* mask_im, int n,
                cfloat* y) LIMPID_REALTIME {
  HWY_DYNAMIC_DISPATCH(AddMasked)
  (reinterpret_cast<const float*>(x), mask_re, mask_im, n, reinterpret_cast<float*>(y));
}

std::size_t repair(const float* x, std::ptrdiff_t n, float* y) LIMPID_REALTIME {
  return HWY_DYNAMIC_DISPATCH(Repair)(x, n, y);
}

}  // namespace limpid::kernels
LIMPID_REALTIME_TRUSTED_END
#endif
