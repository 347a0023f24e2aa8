// SPDX-License-Identifier: MIT
// From the output of networks to filtered spectra: a closing 1 x 1 convolution, the mask, the
// filter along time, and the gains above a network's band (models/band_extension.h).
#pragma once

#include <cmath>

#include "lib/kernels/cuda/frames.h"

namespace limpid::kernels::cuda {

// What a mask is made of. The closing convolution L of a U-Net, on its output m: u = L m; without
// one, u = m.
struct MixedMask {
  Frames<const float> m;           // [bin][tap], then those of further microphones
  const float *re, *im;            // [tap][tap]; null: there is no L
  const float *bias_re, *bias_im;  // [tap]
  std::int32_t taps;
  std::int32_t others = 0;  // further microphones, each with one mask; only without L

  LIMPID_HD Complex u(int lane, int frame, int bin, int tap) const {
    const float* from = m.at(lane, frame) + bin * (taps + others);
    if (re == nullptr) return {from[tap], from[tap + m.imaginary]};
    Complex sum{bias_re[tap], bias_im[tap]};
    for (int k = 0; k < taps; ++k)
      sum = sum + Complex{re[tap * taps + k], im[tap * taps + k]} *
                      Complex{from[k], from[k + m.imaginary]};
    return sum;
  }
};

// The mask: tanh(u), plus that of the U-Net before, if there is one.
struct Mask {
  MixedMask last;
  Frames<const float> before;  // its u, [bin]; no data: there is none. With one tap only

  LIMPID_HD Complex at(int lane, int frame, int bin, int tap) const {
    const Complex u = last.u(lane, frame, bin, tap);
    Complex mask{std::tanh(u.re), std::tanh(u.im)};
    if (before.data == nullptr) return mask;
    const float* other = before.at(lane, frame) + bin;
    return mask + Complex{std::tanh(other[0]), std::tanh(other[before.imaginary])};
  }
};

// y = u: what the U-Net that follows hears.
struct MixArgs {
  MixedMask mask;
  Frames<float> y;  // [bin][tap]
  std::int32_t lanes, frames, bins;
};
struct Mix : EachValue<Mix, MixArgs> {
  LIMPID_HD static Extent extent(const Args& args) {
    return {args.lanes, args.frames, args.bins * args.mask.taps};
  }
  LIMPID_HD static void each(const Place& place, const Args& args) {
    const Complex u =
        args.mask.u(place.lane, place.frame, place.at / args.mask.taps, place.at % args.mask.taps);
    float* y = args.y.at(place.lane, place.frame) + place.at;
    y[0] = u.re;
    y[args.y.imaginary] = u.im;
  }
};

// What the top of a network's band becomes: for every frame the root mean square of the masks in
// [edge, band) and in [top, band), weighted by the bins' power, at most 1.
struct TopGainsArgs {
  Mask mask;
  Frames<const float> x;  // what the masks are for
  float* gains;           // [lane][frame][edge, top]
  float silence;          // is added to every bin's power
  std::int32_t lanes, frames, edge, top, band;
};
struct TopGains : EachValue<TopGains, TopGainsArgs> {
  LIMPID_HD static Extent extent(const Args& args) { return {args.lanes, args.frames, 2}; }
  LIMPID_HD static void each(const Place& place, const Args& args) {
    const float* x = args.x.at(place.lane, place.frame);
    float total = 0, passed = 0;
    for (int bin = place.at == 0 ? args.edge : args.top; bin < args.band; ++bin) {
      const float re = x[bin], im = x[bin + args.x.imaginary];
      const float power = re * re + im * im + args.silence;
      float gain = 0;
      for (int tap = 0; tap < args.mask.last.taps; ++tap) {
        const Complex m = args.mask.at(place.lane, place.frame, bin, tap);
        gain += m.re * m.re + m.im * m.im;
      }
      total += power;
      passed += power * gain;
    }
    const float gain = total > 0 ? std::sqrt(passed / total) : 0.0f;
    args.gains[place.index] = gain < 1.0f ? gain : 1.0f;
  }
};

// Smooths them along time, frame after frame, a thread for each of the two.
struct SmoothGainsArgs {
  float* gains;  // in place
  float* state;  // [lane][edge, top]
  Alive alive;
  float fresh;  // share of the newest frame
  std::int32_t lanes, frames;
};
struct SmoothGains {
  using Args = SmoothGainsArgs;
  static constexpr int kThreads = kFrameThreads, kShared = 0, kPhases = 1;
  static std::int64_t blocks(const Args& a) { return frame_blocks(std::int64_t{a.lanes} * 2); }

  template <int Phase>
  LIMPID_HD static void run(int thread, std::int64_t block, Complex*, const Args& args) {
    const std::int64_t index = block * kThreads + thread;
    if (index >= 2 * args.lanes) return;
    const int lane = static_cast<int>(index / 2);
    float* gain = args.gains + std::int64_t{lane} * args.frames * 2 + index % 2;
    float smooth = args.state[index];
    for (int frame = 0; frame < args.frames; ++frame, gain += 2) {
      if (is_alive(args.alive, lane, frame)) smooth += args.fresh * (*gain - smooth);
      *gain = smooth;
    }
    args.state[index] = smooth;
  }
};

// y[t] = sum over k of mask[k] x[t - k] within the network's band, and of an array the sum over
// m > 0 of mask[taps + m - 1] X_m[t]; above the band one real gain a bin, which goes from the
// edge's to the top's in 1 / blend bins.
struct MaskFilterArgs {
  Mask mask;
  Frames<const float> x;  // taps - 1 frames before the first are there
  Frames<float> y;
  const float* gains;  // [lane][frame][edge, top]; not read where bins <= band
  float blend;
  std::int32_t lanes, frames, bins, band;
  std::int64_t microphone = 0;  // floats from a microphone's x to the next one's
};
struct MaskFilter : EachValue<MaskFilter, MaskFilterArgs> {
  LIMPID_HD static Extent extent(const Args& args) { return {args.lanes, args.frames, args.bins}; }
  LIMPID_HD static void each(const Place& place, const Args& args) {
    Complex y{0, 0};
    const auto x = [&](int k, int m = 0) {
      const float* from = args.x.at(place.lane, place.frame - k) + m * args.microphone + place.at;
      return Complex{from[0], from[args.x.imaginary]};
    };
    if (place.at < args.band) {
      for (int k = 0; k < args.mask.last.taps; ++k)
        y = y + args.mask.at(place.lane, place.frame, place.at, k) * x(k);
      for (int m = 1; m <= args.mask.last.others; ++m)
        y = y +
            args.mask.at(place.lane, place.frame, place.at, args.mask.last.taps + m - 1) * x(0, m);
    } else {
      const float* gain = args.gains + (std::int64_t{place.lane} * args.frames + place.frame) * 2;
      const float far = static_cast<float>(place.at - args.band + 1) * args.blend;
      y = (gain[0] + (far < 1.0f ? far : 1.0f) * (gain[1] - gain[0])) * x(0);
    }
    float* to = args.y.at(place.lane, place.frame) + place.at;
    to[0] = y.re;
    to[args.y.imaginary] = y.im;
  }
};

}  // namespace limpid::kernels::cuda
