// SPDX-License-Identifier: MIT
// Normalisation of rows of channels, with the PReLU that follows it. Row counts and widths are
// arbitrary; results may replace their input.
#pragma once

#include "lib/base/realtime.h"
#include "lib/kernels/matrix.h"

namespace limpid::kernels {

inline constexpr float kNormEpsilon = 1e-5f;  // PyTorch's

// y = prelu((x - mean) / sqrt(var + epsilon) * gain + offset), mean and (biased) variance of each
// row by itself; prelu(v) = v > 0 ? v : slope * v, per channel. No `slope`: no PReLU.
void layer_norm(Matrix<const float> x, const float* gain, const float* offset, const float* slope,
                float epsilon, Matrix<float> y) LIMPID_REALTIME;

// sums[0] += the sum of all elements, sums[1] += that of their squares. Elements of a row are added
// up in float, rows in double.
void moments(Matrix<const float> x, double* sums) LIMPID_REALTIME;

// y = prelu(scale * x + shift), all three per channel. No `slope`: no PReLU.
void affine_prelu(Matrix<const float> x, const float* scale, const float* shift, const float* slope,
                  Matrix<float> y) LIMPID_REALTIME;

void add_rows(Matrix<const float> x, Matrix<float> y) LIMPID_REALTIME;  // y += x

namespace reference {
void layer_norm(Matrix<const float> x, const float* gain, const float* offset, const float* slope,
                float epsilon, Matrix<float> y) noexcept;
void moments(Matrix<const float> x, double* sums) noexcept;
void affine_prelu(Matrix<const float> x, const float* scale, const float* shift, const float* slope,
                  Matrix<float> y) noexcept;
void add_rows(Matrix<const float> x, Matrix<float> y) noexcept;
}  // namespace reference

}  // namespace limpid::kernels
