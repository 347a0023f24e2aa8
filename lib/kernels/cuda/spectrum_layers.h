// SPDX-License-Identifier: MIT
// What stands in front of a mask network and beside it: compression, voice activity.
#pragma once

#include <cmath>

#include "lib/kernels/cuda/frames.h"

namespace limpid::kernels::cuda {

// y = v (|v|^2 + 1e-12)^((exponent - 1) / 2), v = scale x, exponent 1 or 1/2, for the first `band`
// of `bins`; the rest of y is zero (kernels::compress). Bins of y are `row` floats apart.
struct CompressArgs {
  Frames<const float> x;
  Frames<float> y;
  std::int32_t lanes, frames, band, bins, row;
  float scale, exponent;
};
struct Compress : EachValue<Compress, CompressArgs> {
  LIMPID_HD static Extent extent(const Args& args) { return {args.lanes, args.frames, args.bins}; }
  LIMPID_HD static void each(const Place& place, const Args& args) {
    Complex v{0, 0};
    if (place.at < args.band) {
      const float* x = args.x.at(place.lane, place.frame) + place.at;
      v = args.scale * Complex{x[0], x[args.x.imaginary]};
      if (args.exponent != 1.0f)
        v = 1.0f / std::sqrt(std::sqrt(v.re * v.re + v.im * v.im + 1e-12f)) * v;
    }
    float* y = args.y.at(place.lane, place.frame) + std::int64_t{place.at} * args.row;
    y[0] = v.re;
    y[args.y.imaginary] = v.im;
  }
};

// The same with exponent 1/2, then brought to unit level: times (mean |v| of `bins` + 1e-6)^(-1/2)
// (models/longconv/features.h). A block makes one frame.
struct UnitSpectrum {
  using Args = CompressArgs;
  static constexpr int kThreads = 64, kShared = kThreads, kPhases = 2;
  static std::int64_t blocks(const Args& a) { return std::int64_t{a.lanes} * a.frames; }

  template <int Phase>
  LIMPID_HD static void run(int thread, std::int64_t block, Complex* shared, const Args& args) {
    const int lane = static_cast<int>(block / args.frames),
              frame = static_cast<int>(block % args.frames);
    const float* x = args.x.at(lane, frame);
    const auto power = [&](int bin) {
      const Complex v = args.scale * Complex{x[bin], x[bin + args.x.imaginary]};
      return v.re * v.re + v.im * v.im;
    };
    if constexpr (Phase == 0) {
      float sum = 0;
      for (int bin = thread; bin < args.band; bin += kThreads) sum += std::sqrt(power(bin));
      shared[thread].re = sum;
    } else {
      float sum = 0;
      for (int other = 0; other < kThreads; ++other) sum += shared[other].re;
      const float level = 1.0f / std::sqrt(sum / static_cast<float>(args.bins) + 1e-6f);
      for (int bin = thread; bin < args.bins; bin += kThreads) {
        Complex v{0, 0};
        if (bin < args.band)
          v = level * args.scale / std::sqrt(std::sqrt(power(bin) + 1e-12f)) *
              Complex{x[bin], x[bin + args.x.imaginary]};
        float* y = args.y.at(lane, frame) + std::int64_t{bin} * args.row;
        y[0] = v.re;
        y[args.y.imaginary] = v.im;
      }
    }
  }
};

// y[lane * pitch + frame] = sigmoid(w x + bias), x a frame of [rows][channels] averaged over its
// rows, w [re, im][channel]. Of a real x, `imaginary` is 0 and so are the weights of its second
// part.
struct VoiceArgs {
  Frames<const float> x;
  float* y;
  std::int64_t pitch;
  const float* w;
  float bias;
  std::int32_t lanes, frames, rows, channels, row;  // floats from a row to the next
};
// 32 threads have a frame: a thread alone would read thousands of values one after the other.
struct Voice {
  using Args = VoiceArgs;
  static constexpr int kTeam = 32, kThreads = 256, kFrames = kThreads / kTeam;
  static constexpr int kShared = kThreads, kPhases = 2;
  static std::int64_t blocks(const Args& a) {
    return (std::int64_t{a.lanes} * a.frames + kFrames - 1) / kFrames;
  }

  // Phases: shares of the sum; the sum.
  template <int Phase>
  LIMPID_HD static void run(int thread, std::int64_t block, Complex* shared, const Args& args) {
    const Place place(block * kFrames + thread / kTeam, args.lanes, args.frames, 1);
    if (place.lane == args.lanes) return;
    const int first = thread % kTeam;
    float sum = 0;
    if constexpr (Phase == 0) {
      const float* x = args.x.at(place.lane, place.frame);
      for (int row = 0; row < args.rows; ++row, x += args.row)
        for (int c = first; c < args.channels; c += kTeam)
          sum += args.w[c] * x[c] + args.w[args.channels + c] * x[c + args.x.imaginary];
      shared[thread].re = sum;
    } else if (first == 0) {
      for (int i = 0; i < kTeam; ++i) sum += shared[thread + i].re;
      sum = sum / static_cast<float>(args.rows) + args.bias;
      args.y[place.lane * args.pitch + place.frame] = 1.0f / (1.0f + std::exp(-sum));
    }
  }
};

}  // namespace limpid::kernels::cuda
