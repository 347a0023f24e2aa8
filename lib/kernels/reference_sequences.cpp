// SPDX-License-Identifier: MIT
// The oracle of the kernels that normalise, gate and attend: plain loops in double.
#include <algorithm>
#include <cmath>
#include <vector>

#include "lib/kernels/gates.h"
#include "lib/kernels/linear_attention.h"
#include "lib/kernels/norms.h"

namespace limpid::kernels::reference {
namespace {

float rounded(double v) noexcept {
  return static_cast<float>(v);
}

float prelu(double v, const float* slope, int c) noexcept {
  return rounded(slope == nullptr || v > 0 ? v : slope[c] * v);
}

}  // namespace

void layer_norm(Matrix<const float> x, const float* gain, const float* offset, const float* slope,
                float epsilon, Matrix<float> y) noexcept {
  for (int r = 0; r < x.rows; ++r) {
    double mean = 0, var = 0;
    for (int c = 0; c < x.columns; ++c) mean += double{x.row(r)[c]} / x.columns;
    for (int c = 0; c < x.columns; ++c) var += std::pow(x.row(r)[c] - mean, 2) / x.columns;
    for (int c = 0; c < x.columns; ++c) {
      const double v = (x.row(r)[c] - mean) / std::sqrt(var + double{epsilon});
      y.row(r)[c] = prelu(v * gain[c] + offset[c], slope, c);
    }
  }
}

void moments(Matrix<const float> x, double* sums) noexcept {
  for (int r = 0; r < x.rows; ++r) {
    for (int c = 0; c < x.columns; ++c) {
      sums[0] += double{x.row(r)[c]};
      sums[1] += double{x.row(r)[c]} * x.row(r)[c];
    }
  }
}

void affine_prelu(Matrix<const float> x, const float* scale, const float* shift, const float* slope,
                  Matrix<float> y) noexcept {
  for (int r = 0; r < x.rows; ++r)
    for (int c = 0; c < x.columns; ++c)
      y.row(r)[c] = prelu(double{scale[c]} * x.row(r)[c] + shift[c], slope, c);
}

void add_rows(Matrix<const float> x, Matrix<float> y) noexcept {
  for (int r = 0; r < x.rows; ++r)
    for (int c = 0; c < x.columns; ++c) y.row(r)[c] += x.row(r)[c];
}

void gated_linear(Matrix<const float> x, Matrix<float> y) noexcept {
  for (int r = 0; r < y.rows; ++r)
    for (int c = 0; c < y.columns; ++c)
      y.row(r)[c] = rounded(x.row(r)[c] / (1 + std::exp(-double{x.row(r)[y.columns + c]})));
}

void gelu(Matrix<float> x) noexcept {
  for (int r = 0; r < x.rows; ++r)
    for (int c = 0; c < x.columns; ++c) {
      const double v = x.row(r)[c];
      x.row(r)[c] = rounded(0.5 * v * (1 + std::erf(v / std::sqrt(2.0))));
    }
}

void softmax_pieces(Matrix<float> x, int width) noexcept {
  for (int r = 0; r < x.rows; ++r) {
    for (float* p = x.row(r); p < x.row(r) + x.columns; p += width) {
      const double peak = *std::max_element(p, p + width);
      double total = 0;
      for (int c = 0; c < width; ++c) total += std::exp(p[c] - peak);
      for (int c = 0; c < width; ++c) p[c] = rounded(std::exp(p[c] - peak) / total);
    }
  }
}

void column_peaks(Matrix<const float> x, float* peak) noexcept {
  for (int r = 0; r < x.rows; ++r)
    for (int c = 0; c < x.columns; ++c) peak[c] = std::max(peak[c], x.row(r)[c]);
}

void exp_columns(Matrix<float> x, const float* shift, float bound, float* sum) noexcept {
  for (int c = 0; c < x.columns; ++c) {
    double total = sum[c];
    for (int r = 0; r < x.rows; ++r) {
      const double e = std::exp(std::min(double{x.row(r)[c]} - shift[c], double{bound}));
      total += e;
      x.row(r)[c] = rounded(e);
    }
    sum[c] = rounded(total);
  }
}

void outer_products(Matrix<const float> a, Matrix<const float> b, bool add,
                    Matrix<float> c) noexcept {
  for (int i = 0; i < a.columns; ++i) {
    for (int j = 0; j < b.columns; ++j) {
      double sum = add ? double{c.row(i)[j]} : 0.0;
      for (int l = 0; l < a.rows; ++l) sum += double{a.row(l)[i]} * b.row(l)[j];
      c.row(i)[j] = rounded(sum);
    }
  }
}

void attend_step(const float* q, const float* k, const float* v, int d, float decay, float* state,
                 float* total, float* y) noexcept {
  std::fill_n(y, d, 0.0f);
  std::vector<double> sum(static_cast<std::size_t>(d));
  for (int i = 0; i < d; ++i) {
    const double e = std::exp(std::clamp(double{k[i]}, -double{kKeyLimit}, double{kKeyLimit}));
    const double z = double{decay} * total[i] + e;
    total[i] = rounded(z);
    for (int j = 0; j < d; ++j) {
      const double s = double{decay} * state[i * d + j] + e * v[j];
      state[i * d + j] = rounded(s);
      sum[static_cast<std::size_t>(j)] += q[i] / z * s;
    }
  }
  for (int j = 0; j < d; ++j) y[j] = rounded(sum[static_cast<std::size_t>(j)]);
}

}  // namespace limpid::kernels::reference
