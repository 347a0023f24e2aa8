// SPDX-License-Identifier: MIT
#include "bench/gemm_peak.h"

#include "lib/kernels/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "bench/gemm_peak.cpp"
#include "hwy/foreach_target.h"  // first: it includes this file once per instruction set

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace limpid::bench::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

double MultiplyAdds(int rounds, float& result) {
  const hn::ScalableTag<float> d;
  constexpr int kChains = 12;  // more than latency times throughput of any core so far
  volatile float factor = 0.999f, term = 1e-3f;  // keep the loop from being computed away
  const auto x = hn::Set(d, factor), y = hn::Set(d, term);
  hn::Vec<decltype(d)> sum[kChains];
  for (auto& s : sum) s = hn::Zero(d);
  for (int i = 0; i < rounds; ++i)
    for (auto& s : sum) s = hn::MulAdd(s, x, y);
  for (int i = 1; i < kChains; ++i) sum[0] = hn::Add(sum[0], sum[i]);
  result = hn::GetLane(sum[0]);
  return 2.0 * rounds * kChains * static_cast<double>(hn::Lanes(d));
}

}  // namespace limpid::bench::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace limpid::bench {
HWY_EXPORT(MultiplyAdds);
double multiply_adds(int rounds, float& result) {
  return HWY_DYNAMIC_DISPATCH(MultiplyAdds)(rounds, result);
}
}  // namespace limpid::bench
#endif
