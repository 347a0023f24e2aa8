// SPDX-License-Identifier: MIT
// sigmoid and tanh, from Highway's exponentials. Arguments are first limited to where the result
// has long reached its asymptote in float, so that no argument overflows.
#include "lib/kernels/elementwise.h"
#include "lib/kernels/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lib/kernels/elementwise_activations.cpp"
#include "hwy/foreach_target.h"  // first: it includes this file once per instruction set

#include "hwy/contrib/math/math-inl.h"
#include "lib/kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace limpid::kernels::HWY_NAMESPACE {

template <class D>
HWY_INLINE hn::Vec<D> limited(D d, const float* x, float bound) {
  return hn::Max(hn::Min(hn::LoadU(d, x), hn::Set(d, bound)), hn::Set(d, -bound));
}

void Sigmoid(const float* x, int n, float* y) {
  for_each_piece(static_cast<std::size_t>(n), [&](auto d, std::size_t i) HWY_ATTR {
    const auto one = hn::Set(d, 1.0f);
    const auto e = hn::Exp(d, hn::Neg(limited(d, x + i, 80.0f)));
    hn::StoreU(hn::Div(one, hn::Add(one, e)), d, y + i);
  });
}

void AddTanh(const float* x, int n, float* y) {
  for_each_piece(static_cast<std::size_t>(n), [&](auto d, std::size_t i) HWY_ATTR {
    const auto t = hn::Tanh(d, limited(d, x + i, 20.0f));
    hn::StoreU(hn::Add(hn::LoadU(d, y + i), t), d, y + i);
  });
}

}  // namespace limpid::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
LIMPID_REALTIME_TRUSTED_BEGIN  // calls through the table of instruction sets
namespace limpid::kernels {

HWY_EXPORT(Sigmoid);
HWY_EXPORT(AddTanh);

void sigmoid(const float* x, int n, float* y) LIMPID_REALTIME {
  HWY_DYNAMIC_DISPATCH(Sigmoid)(x, n, y);
}

void add_tanh(const float* x, int n, float* y) LIMPID_REALTIME {
  HWY_DYNAMIC_DISPATCH(AddTanh)(x, n, y);
}

}  // namespace limpid::kernels
LIMPID_REALTIME_TRUSTED_END
#endif
