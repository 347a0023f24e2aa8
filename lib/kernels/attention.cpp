// SPDX-License-Identifier: MIT
// attend: scores of a few rows against a block of keys, their weights, then the weighted sum of the
// block's values. Scores and weights of a few rows stay in the first-level cache.
#include "lib/kernels/attention.h"

#include <algorithm>

#include "lib/kernels/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lib/kernels/attention.cpp"
#include "hwy/foreach_target.h"  // first: it includes this file once per instruction set

#include "hwy/contrib/math/math-inl.h"
#include "lib/kernels/exponential-inl.h"
#include "lib/kernels/row_product-inl.h"

HWY_BEFORE_NAMESPACE();
namespace limpid::kernels::HWY_NAMESPACE {

using Lanes = hn::CappedTag<float, kLanes>;
using Vector = hn::Vec<Lanes>;

// The part of a block that some row of a group sees; begin and end are whole vectors.
struct Columns {
  int first, last;
  std::size_t begin, end;
};

template <std::size_t kRows>
HWY_INLINE Columns seen_columns(const AttentionRow* rows) {
  int first = kAttentionKeys, last = 0;
  for (std::size_t r = 0; r < kRows; ++r) {
    if (rows[r].first >= rows[r].last) continue;
    first = std::min(first, rows[r].first);
    last = std::max(last, rows[r].last);
  }
  if (first >= last) return {0, 0, 0, 0};
  const auto lanes = static_cast<int>(kLanes);
  return {first, last, static_cast<std::size_t>(first / lanes * lanes),
          static_cast<std::size_t>((last + lanes - 1) / lanes * lanes)};
}

// What every weight starts from, for one vector of keys of one row.
struct Keys {
  Vector score;     // gain * q.k
  Vector distance;  // |distance - j|
  hn::Mask<Lanes> seen;
};

template <class Body>
HWY_INLINE void for_keys(const AttentionRow& row, Columns columns, float* w, const Body& body) {
  const Lanes d;
  const auto first = hn::Set(d, static_cast<float>(row.first));
  const auto last = hn::Set(d, static_cast<float>(row.last));
  const auto gain = hn::Set(d, row.gain), distance = hn::Set(d, row.distance);
  for (std::size_t j = columns.begin; j < columns.end; j += kLanes) {
    const auto key = hn::Iota(d, static_cast<float>(j));
    body(w + j, Keys{hn::Mul(gain, hn::Load(d, w + j)), hn::Abs(hn::Sub(distance, key)),
                     hn::And(hn::Ge(key, first), hn::Lt(key, last))});
  }
}

HWY_INLINE Vector biased(const AttentionRow& row, const AttentionRule& rule, const Keys& keys) {
  const Lanes d;
  const auto score = hn::Add(keys.score, hn::Set(d, rule.bias));
  return hn::NegMulAdd(hn::Set(d, row.slope), keys.distance, score);
}

HWY_INLINE Vector exponential(Vector x) {
  return exponential(Lanes(), x);
}

HWY_INLINE Vector softplus(Vector x) {
  const Lanes d;
  const auto tail = hn::Log1p(d, exponential(hn::Neg(hn::Abs(x))));
  return hn::Add(hn::Max(x, hn::Zero(d)), tail);
}

HWY_INLINE float sum_of(Vector v) {
  return hn::GetLane(hn::SumOfLanes(Lanes(), v));
}

// Weights that need no normaliser while they are summed. Returns how much the past still counts: 1.
template <class Weight>
HWY_INLINE float plain_weights(AttentionRow& row, Columns columns, float* w, const Weight& weight) {
  const Lanes d;
  auto total = hn::Zero(d);
  for_keys(row, columns, w, [&](float* at, const Keys& keys) HWY_ATTR {
    const auto value = hn::IfThenElseZero(keys.seen, weight(keys));
    hn::Store(value, d, at);
    total = hn::Add(total, value);
  });
  row.total += sum_of(total);
  return 1.0f;
}

// Weights e^logit, relative to the largest logit so far. Returns what the past is to be multiplied
// with. A logit of minus infinity is a weight of exactly zero.
template <class Logit>
HWY_INLINE float online_weights(AttentionRow& row, Columns columns, float* w, const Logit& logit) {
  const Lanes d;
  const auto nothing = hn::Set(d, -std::numeric_limits<float>::infinity());
  auto maximum = nothing;
  for_keys(row, columns, w, [&](float* at, const Keys& keys) HWY_ATTR {
    const auto x = hn::IfThenElse(keys.seen, logit(keys), nothing);
    hn::Store(x, d, at);
    maximum = hn::Max(maximum, x);
  });
  const float before = row.maximum;
  row.maximum = std::max(before, hn::GetLane(hn::MaxOfLanes(d, maximum)));
  const bool none = row.maximum == -std::numeric_limits<float>::infinity();
  const auto shift = hn::Set(d, none ? 0.0f : row.maximum);
  auto total = hn::Zero(d);
  for (std::size_t j = columns.begin; j < columns.end; j += kLanes) {
    const auto x = hn::Load(d, w + j);
    const auto value = hn::IfThenElseZero(hn::Gt(x, nothing), exponential(hn::Sub(x, shift)));
    hn::Store(value, d, w + j);
    total = hn::Add(total, value);
  }
  float rescale = 1.0f;
  if (before == -std::numeric_limits<float>::infinity())
    rescale = 0.0f;
  else if (before < row.maximum)
    rescale = hn::GetLane(exponential(hn::Set(d, before - row.maximum)));
  row.total = row.total * rescale + sum_of(total);
  return none ? 1.0f : rescale;
}

HWY_INLINE float weights(AttentionRow& row, Columns columns, const AttentionRule& rule, float* w) {
  const Lanes d;
  const auto one = hn::Set(d, 1.0f);
  const auto x = [&](const Keys& keys) HWY_ATTR { return biased(row, rule, keys); };
  switch (rule.weight) {
    case AttentionWeight::exponential:
      return online_weights(row, columns, w, x);
    case AttentionWeight::sigmoid:
      return plain_weights(row, columns, w, [&](const Keys& keys) HWY_ATTR {
        const auto limited = hn::Min(x(keys), hn::Set(d, 80.0f));
        const auto e = exponential(hn::Neg(hn::Abs(limited)));  // no overflow on either side
        const auto near = hn::IfThenElse(hn::Lt(limited, hn::Zero(d)), e, one);
        return hn::Div(near, hn::Add(one, e));
      });
    case AttentionWeight::elu1:
      return plain_weights(row, columns, w, [&](const Keys& keys) HWY_ATTR {
        const auto v = x(keys);
        const auto below = exponential(hn::Min(v, hn::Zero(d)));
        return hn::Add(below, hn::Max(v, hn::Zero(d)));
      });
    case AttentionWeight::softplus:
      return plain_weights(row, columns, w,
                           [&](const Keys& keys) HWY_ATTR { return softplus(x(keys)); });
    case AttentionWeight::power:
      return online_weights(row, columns, w, [&](const Keys& keys) HWY_ATTR {
        const auto share = hn::Set(d, row.share), offset = hn::Set(d, row.offset);
        const auto base = hn::Sub(hn::Mul(share, softplus(x(keys))), offset);
        const auto positive = hn::Ge(base, hn::Set(d, kLeastBase));
        const auto logarithm = hn::Log(d, hn::IfThenElse(positive, base, one));
        return hn::IfThenElse(positive, hn::Mul(hn::Set(d, rule.exponent), logarithm),
                              hn::Set(d, -std::numeric_limits<float>::infinity()));
      });
    case AttentionWeight::linear:
      return plain_weights(row, columns, w, [&](const Keys& keys) HWY_ATTR {
        const auto fade = hn::Mul(hn::Set(d, -row.slope), keys.distance);
        return hn::Mul(keys.score, exponential(fade));
      });
  }
  return 1.0f;
}

template <int kRows>
HWY_INLINE void attend_rows(AttentionRow* rows, int width, const KeyBlock& block, int value_width,
                            const AttentionRule& rule) {
  const Columns columns = seen_columns<kRows>(rows);
  if (columns.first >= columns.last) return;
  HWY_ALIGN float w[kRows][kAttentionKeys];
  RowProduct scores{}, sums{};
  for (int r = 0; r < kRows; ++r) {
    scores.a[r] = rows[r].query;
    scores.c[r] = w[r] + columns.begin;
  }
  scores.b = block.keys + columns.begin;
  scores.b_stride = kAttentionKeys;
  scores.k = width;
  // No tile wider than a block: it would never run, and GCC 14 warns of what it would do.
  constexpr int kBlock = kAttentionKeys / static_cast<int>(kLanes);
  row_product<kRows, std::min(kWidestTile<kRows>, kBlock)>(scores, columns.end - columns.begin);
  for (int r = 0; r < kRows; ++r) {
    sums.beta[r] = weights(rows[r], columns, rule, w[r]);
    sums.a[r] = w[r] + columns.first;
    sums.c[r] = rows[r].values;
  }
  sums.b = block.values + columns.first * block.value_stride;
  sums.b_stride = block.value_stride;
  sums.k = columns.last - columns.first;
  row_product<kRows>(sums, static_cast<std::size_t>(value_width));
}

void Attend(AttentionRow* rows, std::size_t count, int width, const KeyBlock& block,
            int value_width, const AttentionRule& rule) {
  for_rows(count, [&](auto group, std::size_t r) HWY_ATTR {
    attend_rows<decltype(group)::value>(rows + r, width, block, value_width, rule);
  });
}

void Product(const SmallProduct& p) {
  for_rows(static_cast<std::size_t>(p.rows), [&](auto group, std::size_t first) HWY_ATTR {
    RowProduct rows{};
    for (int r = 0; r < group; ++r) {
      const auto row = static_cast<std::ptrdiff_t>(first) + r;
      rows.a[r] = p.a + row * p.a_stride;
      rows.c[r] = p.c + row * p.c_stride;
      rows.beta[r] = p.beta;
    }
    rows.b = p.b;
    rows.b_stride = p.b_stride;
    rows.k = p.k;
    row_product<decltype(group)::value>(rows, static_cast<std::size_t>(p.n));
  });
}

}  // namespace limpid::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
LIMPID_REALTIME_TRUSTED_BEGIN  // calls through the table of instruction sets
namespace limpid::kernels {

HWY_EXPORT(Attend);
HWY_EXPORT(Product);

void attend(std::span<AttentionRow> rows, int width, const KeyBlock& block, int value_width,
            const AttentionRule& rule) LIMPID_REALTIME {
  HWY_DYNAMIC_DISPATCH(Attend)(rows.data(), rows.size(), width, block, value_width, rule);
}

void small_product(const SmallProduct& p) LIMPID_REALTIME {
  HWY_DYNAMIC_DISPATCH(Product)(p);
}

}  // namespace limpid::kernels
LIMPID_REALTIME_TRUSTED_END
#endif
