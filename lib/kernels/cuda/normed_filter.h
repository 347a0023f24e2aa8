// SPDX-License-Identifier: MIT
// A norm of each row of a frame and a short filter along frames behind it: what LongConv's memory
// looks at (models/longconv/long_memory.h).
#pragma once

#include "lib/kernels/cuda/frame_rings.h"
#include "lib/kernels/cuda/norm_layers.h"

namespace limpid::kernels::cuda {

// y[t] = sum over j < taps of h[j] n[t - (taps - 1) + j], n being the normed rows of x. What
// earlier calls normed lies in a ring.
struct NormedFilterArgs {
  static constexpr int kMaxTaps = 16;
  Frames<const float> x;  // [row][channel]
  Frames<float> y;        // [row][channel]; not x
  float* ring;            // [lane][capacity][row][channel] of n, zero before the stream
  const RingHead* head;
  NormWeights weights;
  const float* h;  // [tap][row][channel], the last tap is that of the present frame
  std::int32_t lanes, frames, rows, channels;
  std::int32_t taps;      // 1 .. kMaxTaps
  std::int32_t capacity;  // >= taps - 1 + frames
};

// 8 threads make a row of y. Rows of the frames of the call that their filter sees, they norm
// again: in live calls there are none, and in others they would have to wait for other blocks.
struct NormedFilter {
  using Args = NormedFilterArgs;
  static constexpr int kTeam = 8, kThreads = 256, kRows = kThreads / kTeam;
  static constexpr int kShared = Args::kMaxTaps * kThreads, kPhases = 4;
  static std::int64_t blocks(const Args& a) {
    return (std::int64_t{a.lanes} * a.frames * a.rows + kRows - 1) / kRows;
  }

  // Phases: sums of shares; with the mean, sums of squares; mean and 1 / deviation in place of the
  // first share; y.
  template <int Phase>
  LIMPID_HD static void run(int thread, std::int64_t block, Complex* shared, const Args& args) {
    const Place place(block * kRows + thread / kTeam, args.lanes, args.frames, args.rows);
    if (place.lane == args.lanes) return;
    Complex* team = shared + thread / kTeam * (Args::kMaxTaps * kTeam);  // [frames ago][share]
    const int share = thread % kTeam;
    if constexpr (Phase == 3) {
      filter(place, share, team, args);
      return;
    }
    const int seen = place.frame + 1 < args.taps ? place.frame + 1 : args.taps;
    const auto count = static_cast<float>(args.channels);
    const int step = Phase == 2 ? kTeam : 1;
    for (int ago = Phase == 2 ? share : 0; ago < seen; ago += step) {
      Complex* shares = team + ago * kTeam;
      if constexpr (Phase == 0) {
        shares[share].re = sum(place, ago, share, args, [](float v) { return v; });
      } else {
        const float mean = of_team(shares, &Complex::re) / count;
        if constexpr (Phase == 1)
          shares[share].im =
              sum(place, ago, share, args, [&](float v) { return (v - mean) * (v - mean); });
        else
          shares[0] = {
              mean, 1.0f / std::sqrt(of_team(shares, &Complex::im) / count + args.weights.epsilon)};
      }
    }
  }

  LIMPID_HD static float of_team(const Complex* shares, float Complex::*part) {
    float sum = 0;
    LIMPID_UNROLL for (int i = 0; i < kTeam; ++i) sum += shares[i].*part;
    return sum;
  }
  LIMPID_HD static std::int64_t at(const Place& place, const Args& args) {
    return std::int64_t{place.at} * args.channels;
  }
  // A thread's share of a row.
  template <class F>
  LIMPID_HD static float sum(const Place& place, int ago, int share, const Args& args, F f) {
    const float* x = args.x.at(place.lane, place.frame - ago) + at(place, args);
    float sum = 0;
    for (int c = share; c < args.channels; c += kTeam) sum += f(x[c]);
    return sum;
  }

  LIMPID_HD static void filter(const Place& place, int share, const Complex* team,
                               const Args& args) {
    const std::int64_t frame = std::int64_t{args.rows} * args.channels, row = at(place, args);
    float* ring = args.ring + place.lane * args.capacity * frame + row;
    const int head = static_cast<int>(args.head->brief);
    const auto kept = [&](int t) { return ring + ring_slot(head + t, args.capacity) * frame; };
    const float* x = args.x.at(place.lane, place.frame) + row;
    const float* h = args.h + (args.taps - 1) * frame + row;
    float* y = args.y.at(place.lane, place.frame) + row;
    const bool last = place.frame > args.frames - args.taps;  // the next call sees it
    for (int c = share; c < args.channels; c += kTeam) {
      float sum = 0;
      for (int ago = 0; ago < args.taps; ++ago) {
        const Complex moments = team[ago * kTeam];
        const int t = place.frame - ago;
        const float normed =
            t < 0 ? kept(t)[c]
                  : args.weights.apply((x[c - ago * args.x.frame] - moments.re) * moments.im, c);
        sum += h[c - ago * frame] * normed;
        if (ago == 0 && last) kept(t)[c] = normed;
      }
      y[c] = sum;
    }
  }
};

}  // namespace limpid::kernels::cuda
