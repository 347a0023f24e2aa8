// SPDX-License-Identifier: MIT
// The parts of efficient attention (Shen et al., "Efficient attention: attention with linear
// complexities", 2021) that are no plain matrix products: queries are normalised over features,
// keys over the sequence, and nothing of the size length x length exists.
#pragma once

#include "lib/base/realtime.h"
#include "lib/kernels/matrix.h"

namespace limpid::kernels {

// Softmax of each piece of `width` columns of each row, in place. columns: a multiple of width.
void softmax_pieces(Matrix<float> x, int width) LIMPID_REALTIME;

// peak[c] = max(peak[c], the largest x of column c).
void column_peaks(Matrix<const float> x, float* peak) LIMPID_REALTIME;

// x = exp(min(x - shift[c], bound)), in place, and sum[c] += it. bound <= 80.
// exp of less than -80 counts as exp(-80).
void exp_columns(Matrix<float> x, const float* shift, float bound, float* sum) LIMPID_REALTIME;

// c[i][j] += sum_l a[l][i] * b[l][j], or = with `add` false: c = A^T B. c is [a.columns][b.columns].
void outer_products(Matrix<const float> a, Matrix<const float> b, bool add,
                    Matrix<float> c) LIMPID_REALTIME;

// One step of attention that forgets, for one position of one head of d features:
//   state = decay * state + e v^T,  total = decay * total + e,  y = (q / total)^T state
// with e = exp(k) and k limited to +-kKeyLimit, which bounds the state by
// exp(kKeyLimit) / (1 - decay) * max|v| for ever. state [d][d]; k, v, q, total, y have d elements.
inline constexpr float kKeyLimit = 10.0f;
void attend_step(const float* q, const float* k, const float* v, int d, float decay, float* state,
                 float* total, float* y) LIMPID_REALTIME;

namespace reference {
void softmax_pieces(Matrix<float> x, int width) noexcept;
void column_peaks(Matrix<const float> x, float* peak) noexcept;
void exp_columns(Matrix<float> x, const float* shift, float bound, float* sum) noexcept;
void outer_products(Matrix<const float> a, Matrix<const float> b, bool add,
                    Matrix<float> c) noexcept;
void attend_step(const float* q, const float* k, const float* v, int d, float decay, float* state,
                 float* total, float* y) noexcept;
}  // namespace reference

}  // namespace limpid::kernels
