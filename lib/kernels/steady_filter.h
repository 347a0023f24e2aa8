// SPDX-License-Identifier: MIT
// A filter over several signals that is fitted anew with every frame, in every bin, to all frames
// so far: recursive least squares by its normal equations, which a Cholesky factorisation solves.
// Other than the recursion of the inverse matrix it stays right for as long as it runs, in silence
// too.
#pragma once

#include <complex>
#include <cstddef>
#include <span>

#include "lib/base/realtime.h"

namespace limpid::kernels {

inline constexpr int kMaxSteadyInputs = 16;
inline constexpr float kSteadyFloor = 1e-12f;  // what is added to powers in silence
inline constexpr float kSteadyQuiet = 1e-9f;   // and to the size that is divided by
inline constexpr float kSteadyLeast = 0.1f;    // of what is added, left of a power by rounding

// How it is fitted, and how much of it is heard.
struct SteadyRule {
  float keep = 0;     // of the sums, each frame
  float loading = 0;  // of the inputs' mean power, added to each of theirs
  float share = 0;    // of the output
  float limit = 0;    // how much louder than the estimate it may be in a bin
};

// Floats of the sums of `count` inputs in `bins` bins, which begin as zeros.
constexpr std::size_t steady_floats(int count, int bins) noexcept {
  const auto inputs = static_cast<std::size_t>(count);
  return inputs * (inputs + 2) * static_cast<std::size_t>(bins);
}

// One frame. With z the inputs of a bin and s the estimate:
//   R = keep R + z z^H,  r = keep r + z conj(s),  (R + (loading trace(R) / count + 1e-12) I) w = r,
//   y = w^H z,  s = (1 - share) s + share min(1, limit |s| / (|y| + 1e-9)) y.
// At most kMaxSteadyInputs inputs of `bins` bins.
void steady_filter(std::span<const std::complex<float>* const> inputs, int bins,
                   const SteadyRule& rule, float* sums,
                   std::complex<float>* estimate) LIMPID_REALTIME;

namespace reference {
// By elimination in double precision; R and r in `sums`, [bin][count][count + 1].
void steady_filter(std::span<const std::complex<float>* const> inputs, int bins,
                   const SteadyRule& rule, std::complex<double>* sums,
                   std::complex<float>* estimate);
}  // namespace reference

}  // namespace limpid::kernels
