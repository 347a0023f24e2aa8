// SPDX-License-Identifier: MIT
// What a warp does together on tensor cores, written once. On a GPU each lane has its own
// registers; on a CPU one call has those of all lanes (Warp::kLanes), and products are what is
// known of tensor cores.
#pragma once

#include <algorithm>
#include <cmath>

#include "lib/kernels/cuda/host_device.h"

namespace limpid::kernels::cuda {

#ifdef __CUDA_ARCH__

struct Warp {
  static constexpr int kLanes = 1;
  LIMPID_HD static bool works(int) { return true; }
  LIMPID_HD static int lane(int thread, int) { return thread % 32; }
  // Every lane gets what its team's, kTeam neighbours, come to, two at a time. All lanes have to be
  // there.
  template <int kTeam, class Combine>
  LIMPID_HD static void reduce_teams(float (&of)[kLanes], Combine combine) {
    LIMPID_UNROLL for (int far = kTeam / 2; far > 0; far /= 2) of[0] =
        combine(of[0], __shfl_xor_sync(0xffffffffu, of[0], far));
  }
  template <int kTeam>
  LIMPID_HD static void sum_teams(float (&of)[kLanes]) {
    reduce_teams<kTeam>(of, [](float a, float b) { return a + b; });
  }
};

#else

struct Warp {
  static constexpr int kLanes = 32;
  static bool works(int thread) { return thread % 32 == 0; }
  static int lane(int, int i) { return i; }
  template <int kTeam, class Combine>
  static void reduce_teams(float (&of)[kLanes], Combine combine) {
    for (int far = kTeam / 2; far > 0; far /= 2) {
      float before[kLanes];
      std::copy_n(of, kLanes, before);
      for (int i = 0; i < kLanes; ++i) of[i] = combine(before[i], before[i ^ far]);
    }
  }
  template <int kTeam>
  static void sum_teams(float (&of)[kLanes]) {
    reduce_teams<kTeam>(of, [](float a, float b) { return a + b; });
  }
};

// c + the sum of exact products as tensor cores form it (Fasi, Higham, Mikaitis and Pranesh 2021):
// terms are aligned with the largest and cut there, the sum is cut to float. Here without the extra
// bits that cards have.
template <int kTerms>
float tensor_sum(float c, const float (&a)[kTerms], const float (&b)[kTerms]) noexcept {
  double terms[kTerms + 1] = {double{c}};
  for (int n = 0; n < kTerms; ++n) terms[n + 1] = double{a[n]} * double{b[n]};
  double most = 0, sum = 0;
  for (const double term : terms) {
    most = std::max(most, std::abs(term));
    sum += term;
  }
  if (most == 0 || !std::isfinite(sum)) return static_cast<float>(sum);
  const auto cut = [](double value, double scale) { return std::trunc(value * scale) / scale; };
  const double scale = std::ldexp(1.0, 23 - std::ilogb(most));
  sum = 0;
  for (const double term : terms) sum += cut(term, scale);
  return sum == 0 ? 0.0f : static_cast<float>(cut(sum, std::ldexp(1.0, 23 - std::ilogb(sum))));
}

#endif

}  // namespace limpid::kernels::cuda
