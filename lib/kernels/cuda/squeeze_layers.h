// SPDX-License-Identifier: MIT
// Squeeze-excitation (lib/nn/squeeze_excitation.h): everything but its linear layers, which are
// products. Means and gains are [re, im][lane][frame][channel], dense.
#pragma once

#include <cmath>

#include "lib/kernels/cuda/frames.h"

namespace limpid::kernels::cuda {

// mean[c] of the rows of every frame, which lie `row` floats apart.
struct RowMeanArgs {
  Frames<const float> x;  // [row][channel]
  float* mean;
  std::int32_t lanes, frames, rows, channels;
  std::int64_t row;
};
struct RowMean : EachValue<RowMean, RowMeanArgs> {
  LIMPID_HD static Extent extent(const Args& args) {
    return {2 * args.lanes, args.frames, args.channels};
  }
  LIMPID_HD static void each(const Place& place, const Args& args) {
    const bool imaginary = place.lane >= args.lanes;
    const float* x = args.x.at(imaginary ? place.lane - args.lanes : place.lane, place.frame) +
                     (imaginary ? args.x.imaginary : 0) + place.at;
    float sum = 0;
    for (int row = 0; row < args.rows; ++row) sum += x[row * args.row];
    args.mean[place.index] = sum * (1.0f / static_cast<float>(args.rows));
  }
};

// Each frame's mean becomes that of the stream so far, at most `horizon` frames weighing in. A
// thread for every channel; frames follow each other.
struct RunningMeanArgs {
  float* mean;
  float* state;  // [re, im][lane][mean, frames so far][channel]
  Alive alive;   // others do not count
  std::int32_t lanes, frames, channels, horizon;
};
struct RunningMean : EachValue<RunningMean, RunningMeanArgs> {
  LIMPID_HD static Extent extent(const Args& args) { return {2 * args.lanes, 1, args.channels}; }
  LIMPID_HD static void each(const Place& place, const Args& args) {
    const int lane = place.lane < args.lanes ? place.lane : place.lane - args.lanes;
    float* state = args.state + std::int64_t{place.lane} * 2 * args.channels + place.at;
    float* mean = args.mean + std::int64_t{place.lane} * args.frames * args.channels + place.at;
    float running = state[0], count = state[args.channels];
    for (int frame = 0; frame < args.frames; ++frame, mean += args.channels) {
      if (!is_alive(args.alive, lane, frame)) continue;
      if (count < static_cast<float>(args.horizon)) count += 1;
      running += (*mean - running) * (1.0f / count);
      *mean = running;
    }
    state[0] = running;
    state[args.channels] = count;
  }
};

// With s = sigmoid(wide), wide = [r, i](mean): re = s_r(mean_re) - s_i(mean_im), im = s_r(mean_im)
// + s_i(mean_re).
struct GainsArgs {
  const float* wide;  // [re, im][lane][frame][2 channels]
  float* gain;
  std::int32_t lanes, frames, channels;
};
struct Gains {
  using Args = GainsArgs;
  static constexpr int kThreads = kFrameThreads, kShared = 0, kPhases = 1;
  static std::int64_t blocks(const Args& a) {
    return frame_blocks(std::int64_t{a.lanes} * a.frames * a.channels);
  }
  LIMPID_HD static float sigmoid(float x) { return 1.0f / (1.0f + std::exp(-x)); }

  template <int Phase>
  LIMPID_HD static void run(int thread, std::int64_t block, Complex*, const Args& args) {
    const std::int64_t index = block * kThreads + thread,
                       all = std::int64_t{args.lanes} * args.frames * args.channels;
    if (index >= all) return;
    const std::int64_t channels = args.channels;
    const float* of_re = args.wide + index / channels * 2 * channels + index % channels;
    const float* of_im = of_re + 2 * all;
    args.gain[index] = sigmoid(of_re[0]) - sigmoid(of_im[channels]);
    args.gain[index + all] = sigmoid(of_im[0]) + sigmoid(of_re[channels]);
  }
};

// re *= gain_re, im *= gain_im, element by element, every row of a frame alike.
struct ScaleArgs {
  Frames<float> x;           // [row][channel]
  Frames<const float> gain;  // [channel]
  std::int32_t lanes, frames, rows, channels;
  std::int64_t row;  // floats from a row to the next
};
struct Scale : EachValue<Scale, ScaleArgs> {
  LIMPID_HD static Extent extent(const Args& args) {
    return {args.lanes, args.frames, args.rows * args.channels};
  }
  LIMPID_HD static void each(const Place& place, const Args& args) {
    const int row = place.at / args.channels, c = place.at % args.channels;
    float* x = args.x.at(place.lane, place.frame) + row * args.row + c;
    const float* gain = args.gain.at(place.lane, place.frame) + c;
    x[0] *= gain[0];
    x[args.x.imaginary] *= gain[args.gain.imaginary];
  }
};

}  // namespace limpid::kernels::cuda
