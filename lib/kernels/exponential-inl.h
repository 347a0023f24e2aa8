// SPDX-License-Identifier: MIT
// e^x for the weights of attention and the gates. Included once per instruction set.
#if defined(LIMPID_KERNELS_EXPONENTIAL_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef LIMPID_KERNELS_EXPONENTIAL_INL_H_
#undef LIMPID_KERNELS_EXPONENTIAL_INL_H_
#else
#define LIMPID_KERNELS_EXPONENTIAL_INL_H_
#endif

#include "lib/kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace limpid::kernels::HWY_NAMESPACE {

// e^x for x <= 88, to two units in the last place; of x below -86.5 it is e^-86.5. That nothing can
// overflow or become denormal makes it a third as long as hn::Exp.
// e^x = 2^n e^r with |r| <= ln 2 / 2, where eight terms of the series are exact to 5e-9.
template <class D>
HWY_INLINE hn::Vec<D> exponential(D d, hn::Vec<D> x) {
  const hn::RebindToSigned<D> whole;
  const auto limited = hn::Max(x, hn::Set(d, -86.5f));
  const auto n = hn::NearestInt(hn::Mul(limited, hn::Set(d, 1.44269504f)));
  const auto steps = hn::ConvertTo(d, n);
  // ln 2 in two parts, the first of which has zeros enough at its end for the product to be exact.
  const auto coarse = hn::NegMulAdd(steps, hn::Set(d, 0.693359375f), limited);
  const auto r = hn::NegMulAdd(steps, hn::Set(d, -2.12194440e-4f), coarse);
  auto sum = hn::Set(d, 1.0f / 5040);
  for (const float term : {1.0f / 720, 1.0f / 120, 1.0f / 24, 1.0f / 6, 1.0f / 2, 1.0f, 1.0f})
    sum = hn::MulAdd(sum, r, hn::Set(d, term));
  return hn::BitCast(d, hn::Add(hn::BitCast(whole, sum), hn::ShiftLeft<23>(n)));
}

}  // namespace limpid::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
