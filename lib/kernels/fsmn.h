// SPDX-License-Identifier: MIT
// The memory of a feed-forward sequential memory network: one short FIR filter per channel along a
// sequence (Zhang et al., "Deep-FSMN", 2018, eq. 3; unidirectional, stride 1).
#pragma once

#include <cstddef>
#include <span>

#include "lib/base/realtime.h"

namespace limpid::kernels {

// y[s][c] = sum_{j < taps} w[j][c] * x[s - (taps-1) + j][c]   for 0 <= s < steps, 0 <= c < channels
// x[-history .. -1] are readable and taken into account; what lies before counts as zero.
// w is [taps][channels]: the last tap weighs the current step. Strides in elements between steps.
// y must not overlap x.
void fsmn_memory(const float* x, std::ptrdiff_t x_stride, int history, int steps, int channels,
                 std::span<const float> w, int taps, float* y,
                 std::ptrdiff_t y_stride) LIMPID_REALTIME;

namespace reference {
void fsmn_memory(const float* x, std::ptrdiff_t x_stride, int history, int steps, int channels,
                 std::span<const float> w, int taps, float* y, std::ptrdiff_t y_stride) noexcept;
}  // namespace reference

}  // namespace limpid::kernels
