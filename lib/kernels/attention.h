// SPDX-License-Identifier: MIT
// The arithmetic of attention: query rows meet one block of keys after another, and each row keeps
// a running maximum, total and weighted sum of values, so that no map of weights is ever stored
// (Milakov and Gimelshein, "Online normalizer calculation for softmax", 2018, algorithm 3).
#pragma once

#include <cstddef>
#include <limits>
#include <span>

#include "lib/base/realtime.h"

namespace limpid::kernels {

// How a score x becomes the weight w of a value.
enum class AttentionWeight {
  exponential,  // e^x; total and values are kept relative to e^maximum
  sigmoid,      // 1 / (1 + e^-x)
  elu1,         // elu(x) + 1: e^x below zero, x + 1 above
  softplus,     // ln(1 + e^x)
  power,        // base^exponent, in logarithms like exponential, of base = share * softplus(x) -
                // offset; zero where base < kLeastBase
  linear,       // x e^(-slope |distance|), negative where x is
};

// A base of `power` below this counts as zero. Of keys with equal scores every base would be
// exactly zero, but for the rounding of their sum (1e-6 for a thousand keys), whose sign must not
// decide between no output and the mean of all values.
inline constexpr float kLeastBase = 1e-5f;

struct AttentionRule {
  AttentionWeight weight = AttentionWeight::exponential;
  float bias = 0;      // added to every score; not for linear
  float exponent = 1;  // of power
};

inline constexpr int kAttentionKeys = 64;  // keys of a block

// Keys lie transposed, so that vectors run along the keys: component c of key j is
// keys[c * kAttentionKeys + j]. Values are rows.
struct KeyBlock {
  const float* keys = nullptr;    // [width][kAttentionKeys], 64-byte aligned
  const float* values = nullptr;  // [key][value_width]
  std::ptrdiff_t value_stride = 0;
};

// One query and what it has gathered. Key j of a block is seen when first <= j < last, and is
// |distance - j| frames away. The score is gain * q.k + bias - slope * |distance - j|.
struct AttentionRow {
  const float* query = nullptr;                             // [width]
  float* values = nullptr;                                  // [value_width] sum of weight * value
  float maximum = -std::numeric_limits<float>::infinity();  // largest score; exponential and power
  float total = 0;                                          // sum of weights
  float gain = 1, slope = 0;
  float distance = 0;
  float share = 1, offset = 0;  // of power
  int first = 0, last = 0;
};

// Adds the keys of `block` that each row sees to its maximum, total and values. A key that is not
// seen has no influence whatever it contains, provided that its numbers are finite.
// With value_width 0 only maximum and total are computed. width >= 1.
void attend(std::span<AttentionRow> rows, int width, const KeyBlock& block, int value_width,
            const AttentionRule& rule) LIMPID_REALTIME;

// c[r][0..n) = beta * c[r][0..n) + sum_{i < k} a[r][i] * b[i][0..n) for every row r.
// With beta 0 c is not read. c must not overlap a or b. The state of linear attention is updated
// (k = 1: an outer product) and read with it.
struct SmallProduct {
  const float* a = nullptr;
  std::ptrdiff_t a_stride = 0;
  const float* b = nullptr;
  std::ptrdiff_t b_stride = 0;
  float* c = nullptr;
  std::ptrdiff_t c_stride = 0;
  int rows = 0, k = 0, n = 0;
  float beta = 0;
};
void small_product(const SmallProduct& p) LIMPID_REALTIME;

namespace reference {
void attend(std::span<AttentionRow> rows, int width, const KeyBlock& block, int value_width,
            const AttentionRule& rule) noexcept;
void small_product(const SmallProduct& p) noexcept;
}  // namespace reference

}  // namespace limpid::kernels
