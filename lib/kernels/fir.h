// SPDX-License-Identifier: MIT
// The direct form of a finite impulse response filter.
#pragma once

#include "lib/base/realtime.h"

namespace limpid::kernels {

// y[i] += sum over d < taps of h[d] x[i - d], for 0 <= i < n. x[1 - taps .. n - 1] are readable and
// do not overlap y.
void fir(const float* x, const float* h, int taps, int n, float* y) LIMPID_REALTIME;

namespace reference {
void fir(const float* x, const float* h, int taps, int n, float* y) noexcept;
}  // namespace reference

}  // namespace limpid::kernels
