// SPDX-License-Identifier: MIT
// MicrophoneFeatures (models/longconv/microphones.h) on a GPU: how each further microphone of an
// array differs from the first one, four numbers a bin.
#pragma once

#include <cmath>

#include "lib/kernels/cuda/array_layers.h"

namespace limpid::kernels::cuda {

// With C = X_m conj(X_0): {re, im} of C / |C|, and of mean(C) / sqrt(mean |X_0|^2 mean |X_m|^2), of
// the first `band` of `bins`, silence above them. Means stop growing after `horizon` frames.
struct MicrophoneArgs {
  static constexpr int kValues = 4;
  struct Pair {  // of a bin of two microphones
    Complex cross;
    float first, other, frames;  // mean powers, frames so far
  };
  ArraySpectra spectra;
  Frames<float> y;  // [bin][m - 1][kValues], bins `row` floats apart
  Pair* memory;     // [lane][m - 1][bin]
  std::int32_t lanes, frames, band, bins, row, horizon;
};

// A thread follows one bin of one pair of a lane through the call.
struct MicrophoneDifferences : EachValue<MicrophoneDifferences, MicrophoneArgs> {
  using Pair = MicrophoneArgs::Pair;
  static constexpr float kTiny = 1e-9f, kTinySquare = 1e-18f;  // where it divides
  LIMPID_HD static Extent extent(const Args& args) { return {args.lanes, 1, pairs(args)}; }
  LIMPID_HD static int pairs(const Args& a) { return (a.spectra.microphones - 1) * a.bins; }
  LIMPID_HD static float power(Complex x) { return x.re * x.re + x.im * x.im; }

  LIMPID_HD static void each(const Place& place, const Args& args) {
    const int other = place.at / args.bins, bin = place.at % args.bins;
    Pair& memory = args.memory[std::int64_t{place.lane} * pairs(args) + place.at];
    Pair pair = memory;
    for (int frame = 0; frame < args.frames; ++frame) {
      Complex x[2] = {{0, 0}, {0, 0}};
      if (bin < args.band) {
        x[0] = args.spectra.at(place.lane, frame, 0, bin);
        x[1] = args.spectra.at(place.lane, frame, other + 1, bin);
      }
      const Complex cross = x[1] * conj(x[0]);
      if (pair.frames < static_cast<float>(args.horizon)) pair.frames += 1.0f;
      const float share = 1.0f / pair.frames;
      pair.cross = pair.cross + share * (cross - pair.cross);
      pair.first += share * (power(x[0]) - pair.first);
      pair.other += share * (power(x[1]) - pair.other);
      const float now = 1.0f / (std::sqrt(power(cross)) + kTiny),
                  mean = 1.0f / std::sqrt(pair.first * pair.other + kTinySquare);
      float* y = args.y.at(place.lane, frame) + std::int64_t{bin} * args.row +
                 other * MicrophoneArgs::kValues;
      y[0] = now * cross.re;
      y[1] = now * cross.im;
      y[2] = mean * pair.cross.re;
      y[3] = mean * pair.cross.im;
    }
    memory = pair;
  }
};

}  // namespace limpid::kernels::cuda
