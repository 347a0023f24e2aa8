// SPDX-License-Identifier: MIT
// steady_filter: vectors run along the bins, each of which has equations of its own.
#include "lib/kernels/steady_filter.h"

#include "lib/kernels/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lib/kernels/steady_filter.cpp"
#include "hwy/foreach_target.h"  // first: it includes this file once per instruction set

#include "lib/kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace limpid::kernels::HWY_NAMESPACE {

template <class D>
struct ComplexVector {
  hn::Vec<D> re, im;
};

// sum += a conj(b)
template <class D>
HWY_INLINE void add_conjugated(const ComplexVector<D>& a, const ComplexVector<D>& b,
                               ComplexVector<D>& sum) {
  sum.re = hn::MulAdd(a.im, b.im, hn::MulAdd(a.re, b.re, sum.re));
  sum.im = hn::NegMulAdd(a.re, b.im, hn::MulAdd(a.im, b.re, sum.im));
}

// sum -= a conj(b)
template <class D>
HWY_INLINE void take_conjugated(const ComplexVector<D>& a, const ComplexVector<D>& b,
                                ComplexVector<D>& sum) {
  sum.re = hn::NegMulAdd(a.im, b.im, hn::NegMulAdd(a.re, b.re, sum.re));
  sum.im = hn::MulAdd(a.re, b.im, hn::NegMulAdd(a.im, b.re, sum.im));
}

// sum -= a b
template <class D>
HWY_INLINE void take(const ComplexVector<D>& a, const ComplexVector<D>& b, ComplexVector<D>& sum) {
  sum.re = hn::MulAdd(a.im, b.im, hn::NegMulAdd(a.re, b.re, sum.re));
  sum.im = hn::NegMulAdd(a.im, b.re, hn::NegMulAdd(a.re, b.im, sum.im));
}

// The equations of a vector of bins.
template <class D>
struct Equations {
  static constexpr int kMost = kMaxSteadyInputs;
  int count;
  ComplexVector<D> z[kMost], w[kMost];
  // R, then L of L L^H = R + load; the reciprocal of its diagonal.
  ComplexVector<D> factor[kMost][kMost];
};

// R and r, from one row of `stride` floats to the next.
template <class D>
HWY_INLINE void sum_up(D d, Equations<D>& e, const ComplexVector<D>& estimate, float keep,
                       float* sums, std::ptrdiff_t stride) {
  const auto kept = hn::Set(d, keep);
  const auto add = [&](const ComplexVector<D>& a, const ComplexVector<D>& b) HWY_ATTR {
    ComplexVector<D> sum{hn::Mul(kept, hn::LoadU(d, sums)),
                         hn::Mul(kept, hn::LoadU(d, sums + stride))};
    add_conjugated<D>(a, b, sum);
    hn::StoreU(sum.re, d, sums);
    hn::StoreU(sum.im, d, sums + stride);
    sums += 2 * stride;
    return sum;
  };
  for (int i = 0; i < e.count; ++i) {
    for (int j = 0; j < i; ++j) e.factor[i][j] = add(e.z[i], e.z[j]);
    auto power = hn::Mul(kept, hn::LoadU(d, sums));
    power = hn::MulAdd(e.z[i].im, e.z[i].im, hn::MulAdd(e.z[i].re, e.z[i].re, power));
    hn::StoreU(power, d, sums);
    sums += stride;
    e.factor[i][i].re = power;
    e.w[i] = add(e.z[i], estimate);
  }
}

// What is added to the diagonal.
template <class D>
HWY_INLINE hn::Vec<D> load_of(D d, const Equations<D>& e, float loading) {
  auto trace = hn::Zero(d);
  for (int i = 0; i < e.count; ++i) trace = hn::Add(trace, e.factor[i][i].re);
  return hn::MulAdd(trace, hn::Set(d, loading / static_cast<float>(e.count)),
                    hn::Set(d, kSteadyFloor));
}

// L in place, row by row.
template <class D>
HWY_INLINE void factorise(D d, Equations<D>& e, hn::Vec<D> load) {
  for (int i = 0; i < e.count; ++i) {
    auto power = hn::Add(e.factor[i][i].re, load);
    for (int j = 0; j < i; ++j) {
      ComplexVector<D> sum = e.factor[i][j];
      for (int k = 0; k < j; ++k) take_conjugated<D>(e.factor[i][k], e.factor[j][k], sum);
      sum.re = hn::Mul(sum.re, e.factor[j][j].re);
      sum.im = hn::Mul(sum.im, e.factor[j][j].re);
      e.factor[i][j] = sum;
      power = hn::NegMulAdd(sum.im, sum.im, hn::NegMulAdd(sum.re, sum.re, power));
    }
    // Rounding may have taken more than there was; the load is the least that can be left.
    e.factor[i][i].re = hn::Div(hn::Set(d, 1.0f),
                                hn::Sqrt(hn::Max(power, hn::Mul(load, hn::Set(d, kSteadyLeast)))));
  }
}

// w from r, in place: forwards by L, backwards by L^H.
template <class D>
HWY_INLINE void solve(Equations<D>& e) {
  const auto scale = [&](int i) HWY_ATTR {
    e.w[i].re = hn::Mul(e.w[i].re, e.factor[i][i].re);
    e.w[i].im = hn::Mul(e.w[i].im, e.factor[i][i].re);
  };
  for (int i = 0; i < e.count; ++i) {
    for (int k = 0; k < i; ++k) take<D>(e.factor[i][k], e.w[k], e.w[i]);
    scale(i);
  }
  for (int i = e.count - 1; i >= 0; --i) {
    for (int k = i + 1; k < e.count; ++k) take_conjugated<D>(e.w[k], e.factor[k][i], e.w[i]);
    scale(i);
  }
}

// The estimate of a vector of bins beside what the filter makes.
template <class D>
HWY_INLINE ComplexVector<D> joined(D d, const Equations<D>& e, const SteadyRule& rule,
                                   const ComplexVector<D>& estimate) {
  ComplexVector<D> y{hn::Zero(d), hn::Zero(d)};
  for (int i = 0; i < e.count; ++i) add_conjugated<D>(e.z[i], e.w[i], y);
  const auto size = [](const ComplexVector<D>& v)
                        HWY_ATTR { return hn::Sqrt(hn::MulAdd(v.re, v.re, hn::Mul(v.im, v.im))); };
  const auto most = hn::Div(hn::Mul(hn::Set(d, rule.limit), size(estimate)),
                            hn::Add(size(y), hn::Set(d, kSteadyQuiet)));
  const auto gain = hn::Mul(hn::Set(d, rule.share), hn::Min(most, hn::Set(d, 1.0f)));
  const auto rest = hn::Set(d, 1.0f - rule.share);
  return {hn::MulAdd(rest, estimate.re, hn::Mul(gain, y.re)),
          hn::MulAdd(rest, estimate.im, hn::Mul(gain, y.im))};
}

void SteadyFilter(const float* const* inputs, int count, int bins, const SteadyRule& rule,
                  float* sums, float* estimate) {
  for_each_piece(static_cast<std::size_t>(bins), [&](auto d, std::size_t i) HWY_ATTR {
    using Tag = decltype(d);
    Equations<Tag> e;
    e.count = count;
    for (int k = 0; k < count; ++k)
      hn::LoadInterleaved2(d, inputs[k] + 2 * i, e.z[k].re, e.z[k].im);
    ComplexVector<Tag> s;
    hn::LoadInterleaved2(d, estimate + 2 * i, s.re, s.im);
    sum_up(d, e, s, rule.keep, sums + i, bins);
    factorise(d, e, load_of(d, e, rule.loading));
    solve(e);
    const ComplexVector<Tag> out = joined(d, e, rule, s);
    hn::StoreInterleaved2(out.re, out.im, d, estimate + 2 * i);
  });
}

}  // namespace limpid::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
LIMPID_REALTIME_TRUSTED_BEGIN  // calls through the table of instruction sets
namespace limpid::kernels {

HWY_EXPORT(SteadyFilter);

void steady_filter(std::span<const std::complex<float>* const> inputs, int bins,
                   const SteadyRule& rule, float* sums,
                   std::complex<float>* estimate) LIMPID_REALTIME {
  const float* pairs[kMaxSteadyInputs] = {};
  for (std::size_t i = 0; i < inputs.size(); ++i)
    pairs[i] = reinterpret_cast<const float*>(inputs[i]);
  HWY_DYNAMIC_DISPATCH(SteadyFilter)
  (pairs, static_cast<int>(inputs.size()), bins, rule, sums, reinterpret_cast<float*>(estimate));
}

}  // namespace limpid::kernels
LIMPID_REALTIME_TRUSTED_END
#endif
