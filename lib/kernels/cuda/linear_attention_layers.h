// SPDX-License-Identifier: MIT
// Efficient attention (lib/kernels/linear_attention.h) on a GPU: everything but its linear layers.
// Queries, keys and values are [lane][frame][row][head][feature], `width` features a head. Along
// frequency
// keys are normalised over the rows of a frame and meet all values there; along time every row has
// a state that forgets.
#pragma once

#include <cmath>

#include "lib/kernels/cuda/frames.h"
#include "lib/kernels/linear_attention.h"

namespace limpid::kernels::cuda {

struct LinearAttentionArgs {
  Frames<float> query, key;   // in place
  Frames<const float> value;  // these, and the result, as well: rows `heads` * `width` apart
  Frames<float> mixed;
  float* context;        // along frequency: [lane][frame][head][key feature][value feature]
  float *state, *total;  // along time: [lane][row][head][key feature][value feature], without
  const float* decay;    // the last; and per head, per frame
  std::int32_t lanes, frames, rows, heads, width;

  LIMPID_HD std::int32_t inner() const { return heads * width; }
};

// query = softmax over the features of a head: 8 threads take a head of a row.
struct QuerySoftmax {
  using Args = LinearAttentionArgs;
  static constexpr int kTeam = 8, kThreads = 256, kHeads = kThreads / kTeam;
  static constexpr int kShared = kThreads, kPhases = 3;
  static std::int64_t blocks(const Args& a) {
    return (std::int64_t{a.lanes} * a.frames * a.rows * a.heads + kHeads - 1) / kHeads;
  }

  // Phases: peaks; with the peak of all, exponentials and their sums; with those, shares.
  template <int Phase>
  LIMPID_HD static void run(int thread, std::int64_t block, Complex* shared, const Args& args) {
    const Place place(block * kHeads + thread / kTeam, args.lanes, args.frames,
                      args.rows * args.heads);
    if (place.lane == args.lanes) return;
    float* q = args.query.at(place.lane, place.frame) + std::int64_t{place.at} * args.width;
    const Complex* team = shared + thread / kTeam * kTeam;
    const int first = thread % kTeam;
    if constexpr (Phase == 0) {
      float peak = q[0];
      for (int i = first; i < args.width; i += kTeam) peak = q[i] > peak ? q[i] : peak;
      shared[thread].re = peak;
    } else if constexpr (Phase == 1) {
      float peak = team[0].re, sum = 0;
      LIMPID_UNROLL for (int i = 1; i < kTeam; ++i) peak = team[i].re > peak ? team[i].re : peak;
      for (int i = first; i < args.width; i += kTeam) sum += q[i] = std::exp(q[i] - peak);
      shared[thread].im = sum;
    } else {
      float sum = 0;
      LIMPID_UNROLL for (int i = 0; i < kTeam; ++i) sum += team[i].im;
      for (int i = first; i < args.width; i += kTeam) q[i] *= 1.0f / sum;
    }
  }
};

// key = softmax over the rows of its frame. A block has kColumns features of a frame.
struct KeySoftmax {
  using Args = LinearAttentionArgs;
  static constexpr int kColumns = 32, kStripes = 8;
  static constexpr int kThreads = kColumns * kStripes, kShared = kThreads, kPhases = 3;
  LIMPID_HD static std::int64_t parts(const Args& a) {
    return (a.inner() + kColumns - 1) / kColumns;
  }
  static std::int64_t blocks(const Args& a) { return std::int64_t{a.lanes} * a.frames * parts(a); }

  template <int Phase>
  LIMPID_HD static void run(int thread, std::int64_t block, Complex* shared, const Args& args) {
    const Place place(block, args.lanes, args.frames, static_cast<int>(parts(args)));
    const int column = place.at * kColumns + thread % kColumns, stripe = thread / kColumns;
    if (column >= args.inner()) return;
    const int inner = args.inner();
    float* key = args.key.at(place.lane, place.frame) + column;
    const auto each = [&](auto what) {
      for (int row = stripe; row < args.rows; row += kStripes) what(key[std::int64_t{row} * inner]);
    };
    const Complex* partial = shared + thread % kColumns;
    if constexpr (Phase == 0) {
      float peak = key[0];
      each([&](float k) { peak = k > peak ? k : peak; });
      shared[thread].re = peak;
    } else if constexpr (Phase == 1) {
      float peak = partial[0].re, sum = 0;
      for (int i = 1; i < kStripes; ++i)
        peak = partial[i * kColumns].re > peak ? partial[i * kColumns].re : peak;
      each([&](float& k) { sum += k = std::exp(k - peak); });
      shared[thread].im = sum;
    } else {
      float sum = 0;
      for (int i = 0; i < kStripes; ++i) sum += partial[i * kColumns].im;
      const float scale = 1.0f / sum;
      each([&](float& k) { k *= scale; });
    }
  }
};

// context = key^T value over the rows of a frame, head by head.
struct GatherContext : EachValue<GatherContext, LinearAttentionArgs> {
  LIMPID_HD static Extent extent(const Args& args) {
    return {args.lanes, args.frames, args.inner() * args.width};
  }
  LIMPID_HD static void each(const Place& place, const Args& args) {
    const int of_key = place.at / args.width, head = of_key / args.width;
    const float* key = args.key.at(place.lane, place.frame) + of_key;
    const float* value =
        args.value.at(place.lane, place.frame) + head * args.width + place.at % args.width;
    float sum = 0;
    for (std::int64_t row = 0; row < args.rows; ++row)
      sum += key[row * args.inner()] * value[row * args.inner()];
    args.context[place.index] = sum;
  }
};

// mixed = query context, head by head.
struct MixContext : EachValue<MixContext, LinearAttentionArgs> {
  LIMPID_HD static Extent extent(const Args& args) {
    return {args.lanes, args.frames, args.rows * args.inner()};
  }
  LIMPID_HD static void each(const Place& place, const Args& args) {
    const int head = place.at % args.inner() / args.width, feature = place.at % args.width;
    const float* query = args.query.at(place.lane, place.frame) + place.at - feature;
    const float* context =
        args.context +
        (std::int64_t{place.lane} * args.frames + place.frame) * args.inner() * args.width +
        head * args.width * args.width + feature;
    float sum = 0;
    for (int i = 0; i < args.width; ++i) sum += query[i] * context[i * args.width];
    args.mixed.at(place.lane, place.frame)[place.at] = sum;
  }
};

// key = exp(key), limited; query is divided by what keys have summed up to. A thread follows one
// feature of a row through the call.
struct RunningKeys : EachValue<RunningKeys, LinearAttentionArgs> {
  LIMPID_HD static Extent extent(const Args& args) {
    return {args.lanes, 1, args.rows * args.inner()};
  }
  LIMPID_HD static void each(const Place& place, const Args& args) {
    const float decay = args.decay[place.at % args.inner() / args.width];
    float total = args.total[place.index];
    for (int frame = 0; frame < args.frames; ++frame) {
      float& key = args.key.at(place.lane, frame)[place.at];
      const float limited = key < kKeyLimit ? key : kKeyLimit;
      key = std::exp(limited > -kKeyLimit ? limited : -kKeyLimit);
      total = decay * total + key;
      args.query.at(place.lane, frame)[place.at] /= total;
    }
    args.total[place.index] = total;
  }
};

// state = decay state + key value^T, mixed = query state. A thread follows one value feature
// through the call, kPart key features at a time.
struct RunningContext : EachValue<RunningContext, LinearAttentionArgs> {
  static constexpr int kPart = 16;
  LIMPID_HD static Extent extent(const Args& args) {
    return {args.lanes, 1, args.rows * args.inner()};
  }
  LIMPID_HD static void each(const Place& place, const Args& args) {
    const int feature = place.at % args.width;
    float* state = args.state + (place.index - feature) * args.width + feature;
    for (int first = 0; first < args.width; first += kPart) {
      const int count = args.width - first < kPart ? args.width - first : kPart;
      follow(place, first, count, state + std::int64_t{first} * args.width, args);
    }
  }

  LIMPID_HD static void follow(const Place& place, int first, int count, float* state,
                               const Args& args) {
    const int head_at = place.at - place.at % args.width + first;
    const float decay = args.decay[place.at % args.inner() / args.width];
    float kept[kPart];
    LIMPID_UNROLL for (int i = 0; i < kPart; ++i) kept[i] = i < count ? state[i * args.width] : 0;
    for (int frame = 0; frame < args.frames; ++frame) {
      const float* query = args.query.at(place.lane, frame) + head_at;
      const float* key = args.key.at(place.lane, frame) + head_at;
      const float value = args.value.at(place.lane, frame)[place.at];
      float& mixed = args.mixed.at(place.lane, frame)[place.at];
      float sum = first == 0 ? 0 : mixed;
      LIMPID_UNROLL for (int i = 0; i < kPart; ++i) {
        if (i >= count) continue;
        kept[i] = decay * kept[i] + key[i] * value;
        sum += query[i] * kept[i];
      }
      mixed = sum;
    }
    LIMPID_UNROLL for (int i = 0; i < kPart; ++i) if (i < count) state[i * args.width] = kept[i];
  }
};

}  // namespace limpid::kernels::cuda
