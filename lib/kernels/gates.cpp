// SPDX-License-Identifier: MIT
#include "lib/kernels/gates.h"

#include "lib/kernels/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lib/kernels/gates.cpp"
#include "hwy/foreach_target.h"  // first: it includes this file once per instruction set

#include "lib/kernels/exponential-inl.h"

HWY_BEFORE_NAMESPACE();
namespace limpid::kernels::HWY_NAMESPACE {

// c[0] + c[1] u + ...
template <class D, std::size_t kCount>
HWY_INLINE hn::Vec<D> polynomial(D d, hn::Vec<D> u, const float (&c)[kCount]) {
  auto sum = hn::Set(d, c[kCount - 1]);
  for (std::size_t i = kCount - 1; i-- > 0;) sum = hn::MulAdd(sum, u, hn::Set(d, c[i]));
  return sum;
}

// x p(x^2) / q(x^2) with coefficients fitted for the least maximum error on [-4, 4], beyond which
// erf is 1 in float: 5e-8, and 5e-7 with float arithmetic.
template <class D>
HWY_INLINE hn::Vec<D> erf(D d, hn::Vec<D> x) {
  static constexpr float kP[] = {1.128378677e+00f, 2.139341848e-01f, 5.243203987e-02f,
                                 4.292599354e-03f, 1.555255983e-04f, -1.990273862e-06f,
                                 1.921735802e-08f};
  static constexpr float kQ[] = {1.0f, 5.229218935e-01f, 1.207952425e-01f, 1.555017362e-02f,
                                 1.097927135e-03f};
  const auto edge = hn::Set(d, 4.0f);
  const auto v = hn::Max(hn::Min(x, edge), hn::Neg(edge));
  const auto u = hn::Mul(v, v);
  const auto inside = hn::Div(hn::Mul(v, polynomial(d, u, kP)), polynomial(d, u, kQ));
  return hn::IfThenElse(hn::Lt(hn::Abs(x), edge), inside, hn::CopySign(hn::Set(d, 1.0f), x));
}

void GatedLinear(Matrix<const float> x, Matrix<float> y) {
  for (int r = 0; r < y.rows; ++r) {
    const float *value = x.row(r), *gate = value + y.columns;
    float* out = y.row(r);
    for_each_piece(static_cast<std::size_t>(y.columns), [&](auto d, std::size_t i) HWY_ATTR {
      const auto bound = hn::Set(d, 80.0f);  // sigmoid is 0 or 1 long before
      const auto g = hn::Max(hn::Min(hn::LoadU(d, gate + i), bound), hn::Neg(bound));
      const auto one_and_e = hn::Add(hn::Set(d, 1.0f), exponential(d, hn::Neg(g)));
      hn::StoreU(hn::Div(hn::LoadU(d, value + i), one_and_e), d, out + i);
    });
  }
}

void Gelu(Matrix<float> x) {
  for (int r = 0; r < x.rows; ++r) {
    float* row = x.row(r);
    for_each_piece(static_cast<std::size_t>(x.columns), [&](auto d, std::size_t i) HWY_ATTR {
      const auto v = hn::LoadU(d, row + i);
      const auto half = hn::Mul(v, hn::Set(d, 0.5f));
      const auto e = erf(d, hn::Mul(v, hn::Set(d, 0.70710678118654752f)));
      hn::StoreU(hn::MulAdd(half, e, half), d, row + i);
    });
  }
}

}  // namespace limpid::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
LIMPID_REALTIME_TRUSTED_BEGIN  // calls through the table of instruction sets
namespace limpid::kernels {

HWY_EXPORT(GatedLinear);
HWY_EXPORT(Gelu);

void gated_linear(Matrix<const float> x, Matrix<float> y) LIMPID_REALTIME {
  HWY_DYNAMIC_DISPATCH(GatedLinear)(x, y);
}

void gelu(Matrix<float> x) LIMPID_REALTIME {
  HWY_DYNAMIC_DISPATCH(Gelu)(x);
}

}  // namespace limpid::kernels
LIMPID_REALTIME_TRUSTED_END
#endif
