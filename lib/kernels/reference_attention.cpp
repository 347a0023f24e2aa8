// SPDX-License-Identifier: MIT
// The oracle of attend and small_product: their definitions as plain loops in double.
#include <algorithm>
#include <cmath>

#include "lib/kernels/attention.h"

namespace limpid::kernels::reference {
namespace {

constexpr double kNothing = -std::numeric_limits<double>::infinity();

double softplus(double x) noexcept {
  return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x)));
}

bool keeps_maximum(AttentionWeight weight) noexcept {
  return weight == AttentionWeight::exponential || weight == AttentionWeight::power;
}

double score(const AttentionRow& row, int width, const KeyBlock& block, int j) noexcept {
  double dot = 0;
  for (int c = 0; c < width; ++c) dot += double{row.query[c]} * block.keys[c * kAttentionKeys + j];
  return row.gain * dot;
}

// The weight, or its logarithm where a maximum is kept.
double weight_of(const AttentionRow& row, double score, int j, const AttentionRule& rule) noexcept {
  const double distance = std::abs(double{row.distance} - j);
  const double x = score + rule.bias - row.slope * distance;
  switch (rule.weight) {
    case AttentionWeight::exponential:
      return x;
    case AttentionWeight::sigmoid:
      return 1 / (1 + std::exp(-x));
    case AttentionWeight::elu1:
      return x > 0 ? x + 1 : std::exp(x);
    case AttentionWeight::softplus:
      return softplus(x);
    case AttentionWeight::power: {
      const double base = row.share * softplus(x) - row.offset;
      return base >= kLeastBase ? rule.exponent * std::log(base) : kNothing;
    }
    case AttentionWeight::linear:
      return score * std::exp(-row.slope * distance);
  }
  return 0;
}

void attend(AttentionRow& row, int width, const KeyBlock& block, int value_width,
            const AttentionRule& rule) noexcept {
  double w[kAttentionKeys] = {}, maximum = row.maximum, rescale = 1;
  for (int j = row.first; j < row.last; ++j) {
    w[j] = weight_of(row, score(row, width, block, j), j, rule);
    maximum = std::max(maximum, w[j]);
  }
  if (keeps_maximum(rule.weight)) {
    if (maximum == kNothing) return;
    rescale = std::exp(double{row.maximum} - maximum);
    for (int j = row.first; j < row.last; ++j) w[j] = std::exp(w[j] - maximum);
    row.maximum = static_cast<float>(maximum);
  }
  double total = rescale * row.total;
  for (int j = row.first; j < row.last; ++j) total += w[j];
  row.total = static_cast<float>(total);
  for (int c = 0; c < value_width; ++c) {
    double sum = rescale == 0 ? 0 : rescale * row.values[c];
    for (int j = row.first; j < row.last; ++j)
      sum += w[j] * block.values[j * block.value_stride + c];
    row.values[c] = static_cast<float>(sum);
  }
}

}  // namespace

void attend(std::span<AttentionRow> rows, int width, const KeyBlock& block, int value_width,
            const AttentionRule& rule) noexcept {
  for (AttentionRow& row : rows) attend(row, width, block, value_width, rule);
}

void small_product(const SmallProduct& p) noexcept {
  for (int r = 0; r < p.rows; ++r)
    for (int i = 0; i < p.n; ++i) {
      float& c = p.c[r * p.c_stride + i];
      double sum = p.beta == 0 ? 0 : double{p.beta} * c;
      for (int j = 0; j < p.k; ++j)
        sum += double{p.a[r * p.a_stride + j]} * p.b[j * p.b_stride + i];
      c = static_cast<float>(sum);
    }
}

}  // namespace limpid::kernels::reference
