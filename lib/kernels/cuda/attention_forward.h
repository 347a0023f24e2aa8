// SPDX-License-Identifier: MIT
// Attention of every kind (lib/nn/attention.h) on a GPU, whole sequences. A thread has one query
// and goes through the keys that it sees with a running maximum, total and sum of values in its
// registers: one pass, no map, no waiting. The threads of a warp read the same key at the same
// time.
#pragma once

#include <cmath>
#include <limits>
#include <type_traits>

#include "lib/kernels/attention.h"
#include "lib/kernels/cuda/host_device.h"

namespace limpid::kernels::cuda {

// Rows [lane][frame][column], columns contiguous.
template <class T>
struct FrameRows {
  T* data = nullptr;
  std::int64_t lane = 0, frame = 0;  // distances
  LIMPID_HD T* at(std::int64_t l, std::int64_t t, std::int64_t column) const {
    return data + l * lane + t * frame + column;
  }
};

enum class AttentionSink { none, logit, key };  // what a row's total and maximum start from
enum class AttentionGating { none, head, element };

struct AttentionForwardArgs {
  FrameRows<const float> q, k, v, gate;  // as they come
  FrameRows<float> ready_q,
      ready_k;  // unit length, rotated; q and k themselves if neither is asked for
  FrameRows<float> y;
  const float* cos_sin = nullptr;  // [frame][width] cosines, then sines; null: no rotary positions
  const float* sink_logits = nullptr;  // [head]; null with AttentionSink::logit: 0
  const float* sink_keys = nullptr;    // [head][width]
  const float* slopes = nullptr;       // [head]; null: 0
  std::int64_t lanes = 0, frames = 0, past = 0, future = 0;
  int heads = 0, kv_heads = 0, width = 0, value_width = 0;
  AttentionWeight weight = AttentionWeight::exponential;
  AttentionSink sink = AttentionSink::none;
  AttentionGating gating = AttentionGating::none;
  bool normalised = true;
  bool directions = false;  // queries and keys of unit length, gain ln(width) ln(keys): lssa, lssar
  float scale = 1, bias = 0, exponent = 1;
};

LIMPID_HD float smaller(float a, float b) {
  return a < b ? a : b;
}
LIMPID_HD float larger(float a, float b) {
  return a > b ? a : b;
}
LIMPID_HD std::int64_t larger(std::int64_t a, std::int64_t b) {
  return a > b ? a : b;
}
LIMPID_HD std::int64_t smaller(std::int64_t a, std::int64_t b) {
  return a < b ? a : b;
}

LIMPID_HD float softplus(float x) {
  return larger(x, 0.0f) + log1pf(expf(-fabsf(x)));
}

// A key's weight, or its logarithm where a maximum is kept. score = gain * q.k.
LIMPID_HD float weight_of(AttentionWeight weight, float score, float fade, float bias) {
  const float x = score + bias - fade;
  switch (weight) {
    case AttentionWeight::sigmoid: {
      const float e = expf(-fabsf(x));
      return (x < 0 ? e : 1.0f) / (1 + e);
    }
    case AttentionWeight::elu1:
      return x > 0 ? x + 1 : expf(x);
    case AttentionWeight::softplus:
    case AttentionWeight::power:
      return softplus(x);  // what power starts from
    case AttentionWeight::linear:
      return score * expf(-fade);
    default:
      return x;
  }
}

// Queries and keys made ready: a thread has the vector of one head.
struct AttentionReady {
  static constexpr int kThreads = 128, kPhases = 1, kShared = 0;
  using Args = AttentionForwardArgs;

  static std::int64_t vectors(const Args& a) { return a.lanes * a.frames * (a.heads + a.kv_heads); }
  static std::int64_t blocks(const Args& a) {
    const bool needed = a.directions || a.cos_sin != nullptr;
    return needed ? (vectors(a) + kThreads - 1) / kThreads : 0;
  }

  template <int Phase>
  LIMPID_HD static void run(int thread, std::int64_t block, Complex*, const Args& a) {
    const std::int64_t number = block * kThreads + thread;
    const int all = a.heads + a.kv_heads;
    if (number >= a.lanes * a.frames * all) return;
    const auto head = static_cast<int>(number % all);
    const std::int64_t t = number / all % a.frames, lane = number / all / a.frames;
    const bool is_key = head >= a.heads;
    const std::int64_t column = static_cast<std::int64_t>(is_key ? head - a.heads : head) * a.width;
    const float* x = is_key ? a.k.at(lane, t, column) : a.q.at(lane, t, column);
    float* y = is_key ? a.ready_k.at(lane, t, column) : a.ready_q.at(lane, t, column);
    float scale = 1;
    if (a.directions) {
      float power = 0;
      for (int c = 0; c < a.width; ++c) power += x[c] * x[c];
      scale = 1 / larger(sqrtf(power), 1e-12f);
    }
    rotate(x, scale, a.cos_sin == nullptr ? nullptr : a.cos_sin + t * a.width, a.width, y);
  }

 private:
  LIMPID_HD static void rotate(const float* x, float scale, const float* cos_sin, int width,
                               float* y) {
    if (cos_sin == nullptr) {
      for (int c = 0; c < width; ++c) y[c] = scale * x[c];
      return;
    }
    const int half = width / 2;
    for (int c = 0; c < half; ++c) {
      const float p = scale * x[c], q = scale * x[half + c];
      y[c] = p * cos_sin[c] - q * cos_sin[half + c];
      y[half + c] = p * cos_sin[half + c] + q * cos_sin[c];
    }
  }
};

// Queries and values of up to kWidth elements. Beyond 64 a thread has registers for its sums alone:
// its query lies in its own column of the shared memory, which nobody else touches.
template <int kWidth>
struct AttentionForward {
  static constexpr bool kShares = kWidth > 64;
  static constexpr int kThreads = 64, kPhases = 1, kShared = kShares ? kWidth * kThreads / 2 : 0;
  using Args = AttentionForwardArgs;

  static std::int64_t tiles(const Args& a) { return (a.frames + kThreads - 1) / kThreads; }
  static std::int64_t blocks(const Args& a) { return a.lanes * a.heads * tiles(a); }

  struct OwnQuery {
    float elements[kWidth];
    LIMPID_HD void use(Complex*, int) {}
    LIMPID_HD float& operator[](int c) { return elements[c]; }
    LIMPID_HD float operator[](int c) const { return elements[c]; }
  };
  struct SharedQuery {
    float* column;
    LIMPID_HD void use(Complex* shared, int thread) {
      column = reinterpret_cast<float*>(shared) + thread;
    }
    LIMPID_HD float& operator[](int c) { return column[c * kThreads]; }
    LIMPID_HD float operator[](int c) const { return column[c * kThreads]; }
  };

  struct Row {
    std::conditional_t<kShares, SharedQuery, OwnQuery> query;
    float values[kWidth];
    float maximum, total, gain, slope;
    std::int64_t t, first, last;
  };

  template <int Phase>
  LIMPID_HD static void run(int thread, std::int64_t block, Complex* shared, const Args& a) {
    const std::int64_t tiles = (a.frames + kThreads - 1) / kThreads;
    Row row;
    row.query.use(shared, thread);
    row.t = block % tiles * kThreads + thread;
    if (row.t >= a.frames) return;
    const auto head = static_cast<int>(block / tiles % a.heads);
    const std::int64_t lane = block / tiles / a.heads;
    begin(a, lane, head, row);
    const int kv_head = head / (a.heads / a.kv_heads);
    float share = 1, offset = 0;
    if (a.weight == AttentionWeight::power) {
      const float sum = total_weight(a, lane, kv_head, row);
      const std::int64_t keys = row.last - row.first;
      share = sum > 0 ? static_cast<float>(keys) / sum : 0.0f;
      offset = keys <= 3 ? 0.0f : 1.0f;
    }
    for (std::int64_t j = row.first; j < row.last; ++j)
      add(a, weight(a, lane, kv_head, j, row), share, offset,
          a.v.at(lane, j, static_cast<std::int64_t>(kv_head) * a.value_width), row);
    finish(a, lane, head, row);
  }

 private:
  LIMPID_HD static void begin(const Args& a, std::int64_t lane, int head, Row& row) {
    const std::int64_t column = static_cast<std::int64_t>(head) * a.width;
    const bool ready = a.directions || a.cos_sin != nullptr;
    const float* raw = a.q.at(lane, row.t, column);
    const float* query = ready ? a.ready_q.at(lane, row.t, column) : raw;
    LIMPID_UNROLL for (int c = 0; c < kWidth; ++c) {
      row.query[c] = c < a.width ? query[c] : 0.0f;
      row.values[c] = 0;
    }
    row.first = larger(row.t - a.past, std::int64_t{0});
    row.last = smaller(row.t + a.future + 1, a.frames);
    row.gain = a.directions ? logf(static_cast<float>(a.width)) *
                                  logf(static_cast<float>(row.last - row.first))
                            : a.scale;
    row.slope = a.slopes == nullptr ? 0.0f : a.slopes[head];
    row.maximum = -std::numeric_limits<float>::infinity();
    row.total = a.sink == AttentionSink::none ? 0.0f : 1.0f;
    if (a.sink == AttentionSink::logit)
      row.maximum = a.sink_logits == nullptr ? 0.0f : a.sink_logits[head];
    if (a.sink == AttentionSink::key) {
      float sum = 0;
      for (int c = 0; c < a.width; ++c) sum += raw[c] * a.sink_keys[column + c];
      row.maximum = a.scale * sum;
    }
  }

  LIMPID_HD static float weight(const Args& a, std::int64_t lane, int kv_head, std::int64_t j,
                                const Row& row) {
    const bool ready = a.directions || a.cos_sin != nullptr;
    const std::int64_t column = static_cast<std::int64_t>(kv_head) * a.width;
    const float* key = ready ? a.ready_k.at(lane, j, column) : a.k.at(lane, j, column);
    float sum = 0;
    if constexpr (kShares) {  // not unrolled as a whole: that would keep the query in registers
                              // after all
      for (int c = 0; c < a.width; ++c) sum += row.query[c] * key[c];
    } else {
      LIMPID_UNROLL for (int c = 0; c < kWidth; ++c) if (c < a.width) sum += row.query[c] * key[c];
    }
    const auto distance = static_cast<float>(row.t < j ? j - row.t : row.t - j);
    return weight_of(a.weight, row.gain * sum, row.slope * distance, a.bias);
  }

  // Of all keys in sight, in blocks, as on a CPU: one by one, what is rounded away of a few
  // thousand equal weights would exceed kLeastBase.
  LIMPID_HD static float total_weight(const Args& a, std::int64_t lane, int kv_head,
                                      const Row& row) {
    float total = 0;
    for (std::int64_t first = row.first; first < row.last; first += kAttentionKeys) {
      const std::int64_t last = smaller(first + kAttentionKeys, row.last);
      float sum = 0;
      for (std::int64_t j = first; j < last; ++j) sum += weight(a, lane, kv_head, j, row);
      total += sum;
    }
    return total;
  }

  // w: a weight, or what exponential and power make a logarithm of one of.
  LIMPID_HD static void add(const Args& a, float w, float share, float offset, const float* value,
                            Row& row) {
    if (a.weight == AttentionWeight::power) {
      const float base = share * w - offset;
      if (base < kLeastBase) return;
      w = a.exponent * logf(base);
    }
    float rescale = 1;
    if (a.weight == AttentionWeight::exponential || a.weight == AttentionWeight::power) {
      const float maximum = larger(row.maximum, w);
      rescale = expf(row.maximum - maximum);  // of minus infinity: 0
      w = expf(w - maximum);
      row.maximum = maximum;
    }
    row.total = rescale * row.total + w;
    LIMPID_UNROLL for (int c = 0; c < kWidth; ++c) if (c < a.value_width) row.values[c] =
        rescale * row.values[c] + w * value[c];
  }

  LIMPID_HD static void finish(const Args& a, std::int64_t lane, int head, const Row& row) {
    const std::int64_t column = static_cast<std::int64_t>(head) * a.value_width;
    float factor = 1;
    if (a.normalised) factor = row.total > 0 ? 1 / row.total : 0.0f;
    if (a.gating == AttentionGating::head) factor /= 1 + expf(-*a.gate.at(lane, row.t, head));
    float* y = a.y.at(lane, row.t, column);
    LIMPID_UNROLL for (int c = 0; c < kWidth; ++c) {
      if (c >= a.value_width) continue;
      float result = factor * row.values[c];
      if (a.gating == AttentionGating::element)
        result /= 1 + expf(-*a.gate.at(lane, row.t, column + c));
      y[c] = result;
    }
  }
};

}  // namespace limpid::kernels::cuda
