// SPDX-License-Identifier: MIT
// What stands in front of a network for microphone arrays and behind it: the running level of what
// comes in, what the network is shown of it, and how its outputs become one spectrum
// (models/deftan2/session.h).
#pragma once

#include <cmath>

#include "lib/kernels/cuda/frames.h"

namespace limpid::kernels::cuda {

// Spectra of several microphones: those of microphone m lie m * `microphone` floats on.
struct ArraySpectra {
  Frames<const float> x;
  std::int64_t microphone;
  std::int32_t microphones;
  LIMPID_HD Complex at(int lane, int frame, int m, int bin) const {
    const float* from = x.at(lane, frame) + m * microphone + bin;
    return {from[0], from[x.imaginary]};
  }
};

// level = sqrt(power + quietest), power: the running mean of |x|^2 over all microphones and bins,
// whose memory stops growing after `horizon` frames.
struct ArrayLevelArgs {
  ArraySpectra spectra;
  float* level;    // [lane][frame]
  Complex* state;  // [lane]: power, frames so far
  std::int32_t lanes, frames, bins, horizon;
  float quietest;
};

// level = power of a frame. A block has a frame.
struct ArrayPower {
  using Args = ArrayLevelArgs;
  static constexpr int kThreads = 128, kShared = kThreads, kPhases = 2;
  static std::int64_t blocks(const Args& a) { return std::int64_t{a.lanes} * a.frames; }

  template <int Phase>
  LIMPID_HD static void run(int thread, std::int64_t block, Complex* shared, const Args& args) {
    const int all = args.spectra.microphones * args.bins;
    float sum = 0;
    if constexpr (Phase == 0) {
      const int lane = static_cast<int>(block / args.frames),
                frame = static_cast<int>(block % args.frames);
      for (int i = thread; i < all; i += kThreads) {
        const Complex x = args.spectra.at(lane, frame, i / args.bins, i % args.bins);
        sum += x.re * x.re + x.im * x.im;
      }
      shared[thread].re = sum;
    } else {
      if (thread > 0) return;
      for (int other = 0; other < kThreads; ++other) sum += shared[other].re;
      args.level[block] = sum / static_cast<float>(all);
    }
  }
};

// The mean so far in its place. A thread has a lane.
struct ArrayLevel {
  using Args = ArrayLevelArgs;
  static constexpr int kThreads = kFrameThreads, kShared = 0, kPhases = 1;
  static std::int64_t blocks(const Args& a) { return frame_blocks(a.lanes); }

  template <int Phase>
  LIMPID_HD static void run(int thread, std::int64_t block, Complex*, const Args& args) {
    const std::int64_t lane = block * kThreads + thread;
    if (lane >= args.lanes) return;
    Complex state = args.state[lane];
    for (int frame = 0; frame < args.frames; ++frame) {
      float& level = args.level[lane * args.frames + frame];
      if (state.im < static_cast<float>(args.horizon)) state.im += 1.0f;
      state.re += (level - state.re) / state.im;
      level = std::sqrt(state.re + args.quietest);
    }
    args.state[lane] = state;
  }
};

// Planes of a bin: [mic 0 re, mic 0 im, mic 1 re, ...] of x / level, with compressed magnitudes and
// phases less that of the first microphone where the network asks for them.
struct ArrayPlanesArgs {
  ArraySpectra spectra;
  const float* level;  // [lane][frame]
  Frames<float> planes;
  std::int32_t lanes, frames, bins;
  bool compressed, relative;
};
struct ArrayPlanes : EachValue<ArrayPlanes, ArrayPlanesArgs> {
  static constexpr float kLeastPower = 1e-12f;
  LIMPID_HD static Extent extent(const Args& args) { return {args.lanes, args.frames, args.bins}; }
  LIMPID_HD static float power(Complex x) { return x.re * x.re + x.im * x.im + kLeastPower; }

  LIMPID_HD static void each(const Place& place, const Args& args) {
    const float gain = 1.0f / args.level[std::int64_t{place.lane} * args.frames + place.frame];
    const auto x = [&](int m) {
      return gain * args.spectra.at(place.lane, place.frame, m, place.at);
    };
    Complex turn{1, 0};
    if (args.relative) turn = 1.0f / std::sqrt(power(x(0))) * conj(x(0));
    float* to = args.planes.at(place.lane, place.frame) +
                std::int64_t{place.at} * 2 * args.spectra.microphones;
    for (int m = 0; m < args.spectra.microphones; ++m) {
      Complex seen = x(m);
      if (args.compressed) seen = 1.0f / std::sqrt(std::sqrt(power(seen))) * seen;
      seen = seen * turn;
      to[2 * m] = seen.re;
      to[2 * m + 1] = seen.im;
    }
  }
};

// y = level * (plane 0 + i plane 1), or, with a pair of planes for every microphone, the sum of
// their products with the spectra.
struct ArrayFilterArgs {
  ArraySpectra spectra;
  const float* level;  // [lane][frame]
  Frames<const float> planes;
  Frames<float> y;  // [bin]
  std::int32_t lanes, frames, bins;
  bool filters;
};
struct ArrayFilter : EachValue<ArrayFilter, ArrayFilterArgs> {
  LIMPID_HD static Extent extent(const Args& args) { return {args.lanes, args.frames, args.bins}; }
  LIMPID_HD static void each(const Place& place, const Args& args) {
    const int microphones = args.spectra.microphones;
    const float* w = args.planes.at(place.lane, place.frame) +
                     std::int64_t{place.at} * (args.filters ? 2 * microphones : 2);
    Complex sum{0, 0};
    if (args.filters) {
      for (int m = 0; m < microphones; ++m)
        sum = sum + Complex{w[2 * m], w[2 * m + 1]} *
                        args.spectra.at(place.lane, place.frame, m, place.at);
    } else {
      sum = args.level[std::int64_t{place.lane} * args.frames + place.frame] * Complex{w[0], w[1]};
    }
    float* y = args.y.at(place.lane, place.frame) + place.at;
    y[0] = sum.re;
    y[args.y.imaginary] = sum.im;
  }
};

}  // namespace limpid::kernels::cuda
