// SPDX-License-Identifier: MIT
// The element-wise half of complex layers, channels along the vector.
#include "lib/kernels/elementwise.h"
#include "lib/kernels/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lib/kernels/elementwise_layers.cpp"
#include "hwy/foreach_target.h"  // first: it includes this file once per instruction set

#include "lib/kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace limpid::kernels::HWY_NAMESPACE {

template <class V>
HWY_INLINE V leaky(V v, V slope) {
  return hn::Max(v, hn::Mul(v, slope));
}

void ComplexNormLeaky(const float* ar, const float* bi, const float* ai, const float* br, int n,
                      const float* scale_re, const float* shift_re, const float* scale_im,
                      const float* shift_im, float slope, float* re, float* im) {
  for_each_piece(static_cast<std::size_t>(n), [&](auto d, std::size_t c) HWY_ATTR {
    const auto at = [&](const float* p) HWY_ATTR { return hn::LoadU(d, p + c); };
    const auto r = hn::MulAdd(at(scale_re), hn::Sub(at(ar), at(bi)), at(shift_re));
    const auto i = hn::MulAdd(at(scale_im), hn::Add(at(ai), at(br)), at(shift_im));
    hn::StoreU(leaky(r, hn::Set(d, slope)), d, re + c);
    hn::StoreU(leaky(i, hn::Set(d, slope)), d, im + c);
  });
}

void ComplexResidual(const float* xr, const float* xi, const float* fr, const float* gr,
                     const float* fi, const float* gi, int n, float* re, float* im) {
  for_each_piece(static_cast<std::size_t>(n), [&](auto d, std::size_t c) HWY_ATTR {
    const auto at = [&](const float* p) HWY_ATTR { return hn::LoadU(d, p + c); };
    const auto r = hn::Sub(hn::Add(at(xr), at(fr)), hn::Add(at(xi), at(gi)));
    const auto i = hn::Add(hn::Add(at(xi), at(fi)), hn::Add(at(xr), at(gr)));
    hn::StoreU(r, d, re + c);
    hn::StoreU(i, d, im + c);
  });
}

void Multiply(const float* x, const float* gain, int n, float* y) {
  for_each_piece(static_cast<std::size_t>(n), [&](auto d, std::size_t i) HWY_ATTR {
    hn::StoreU(hn::Mul(hn::LoadU(d, x + i), hn::LoadU(d, gain + i)), d, y + i);
  });
}

void Accumulate(const float* x, int n, float* sum) {
  for_each_piece(static_cast<std::size_t>(n), [&](auto d, std::size_t i) HWY_ATTR {
    hn::StoreU(hn::Add(hn::LoadU(d, sum + i), hn::LoadU(d, x + i)), d, sum + i);
  });
}

}  // namespace limpid::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
LIMPID_REALTIME_TRUSTED_BEGIN  // calls through the table of instruction sets
namespace limpid::kernels {

HWY_EXPORT(ComplexNormLeaky);
HWY_EXPORT(ComplexResidual);
HWY_EXPORT(Multiply);
HWY_EXPORT(Accumulate);

void complex_norm_leaky(const float* ar, const float* bi, const float* ai, const float* br, int n,
                        const float* scale_re, const float* shift_re, const float* scale_im,
                        const float* shift_im, float slope, float* re, float* im) LIMPID_REALTIME {
  HWY_DYNAMIC_DISPATCH(ComplexNormLeaky)
  (ar, bi, ai, br, n, scale_re, shift_re, scale_im, shift_im, slope, re, im);
}

void complex_residual(const float* xr, const float* xi, const float* fr, const float* gr,
                      const float* fi, const float* gi, int n, float* re,
                      float* im) LIMPID_REALTIME {
  HWY_DYNAMIC_DISPATCH(ComplexResidual)(xr, xi, fr, gr, fi, gi, n, re, im);
}

void multiply(const float* x, const float* gain, int n, float* y) LIMPID_REALTIME {
  HWY_DYNAMIC_DISPATCH(Multiply)(x, gain, n, y);
}

void accumulate(const float* x, int n, float* sum) LIMPID_REALTIME {
  HWY_DYNAMIC_DISPATCH(Accumulate)(x, n, sum);
}

}  // namespace limpid::kernels
LIMPID_REALTIME_TRUSTED_END
#endif
