// SPDX-License-Identifier: MIT
// Gates of rows of channels.
#pragma once

#include "lib/base/realtime.h"
#include "lib/kernels/matrix.h"

namespace limpid::kernels {

// y[c] = x[c] * sigmoid(x[n + c]) for c < n = y.columns: rows of x have 2 n elements.
void gated_linear(Matrix<const float> x, Matrix<float> y) LIMPID_REALTIME;

// x = x * (1 + erf(x / sqrt(2))) / 2, in place; |error| <= 2e-6.
void gelu(Matrix<float> x) LIMPID_REALTIME;

namespace reference {
void gated_linear(Matrix<const float> x, Matrix<float> y) noexcept;
void gelu(Matrix<float> x) noexcept;
}  // namespace reference

}  // namespace limpid::kernels
