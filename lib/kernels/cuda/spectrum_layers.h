// SPDX-License-Identifier: MIT
// What a mask network does to single bins: compression in front, the filter behind it, voice
// activity beside it; and what it remembers of a call's last frames. One thread for each value.
#pragma once

#include <cmath>
#include <cstdint>

#include "lib/kernels/cuda/host_device.h"

namespace limpid::kernels::cuda {

// Frame f of lane l is at data + l*lane + f*frame, its imaginary part `imaginary` floats further.
template <class T>
struct Frames {
  T* data;
  std::int64_t lane, frame, imaginary;
  LIMPID_HD T* at(int l, int f) const { return data + l * lane + f * frame; }
};

// Which lane, frame and place in a frame a thread works on; lane == lanes beyond the last.
struct Place {
  int lane, frame, at;
  LIMPID_HD Place(std::int64_t index, int lanes, int frames, int width) {
    at = static_cast<int>(index % width);
    index /= width;
    frame = static_cast<int>(index % frames);
    index /= frames;
    lane = index < lanes ? static_cast<int>(index) : lanes;
  }
};

inline constexpr int kSpectrumThreads = 256;
inline std::int64_t spectrum_blocks(std::int64_t values) {
  return (values + kSpectrumThreads - 1) / kSpectrumThreads;
}

// y = v (|v|^2 + 1e-12)^((exponent - 1) / 2), v = scale x, exponent 1 or 1/2, for the first `band`
// of `bins`; the rest of y is zero (kernels::compress). Bins of y are `row` floats apart.
struct CompressArgs {
  Frames<const float> x;
  Frames<float> y;
  std::int32_t lanes, frames, band, bins, row;
  float scale, exponent;
};
struct Compress {
  using Args = CompressArgs;
  static constexpr int kThreads = kSpectrumThreads, kShared = 0, kPhases = 1;
  static std::int64_t blocks(const Args& a) {
    return spectrum_blocks(std::int64_t{a.lanes} * a.frames * a.bins);
  }

  template <int Phase>
  LIMPID_HD static void run(int thread, std::int64_t block, Complex*, const Args& args) {
    const Place place(block * kThreads + thread, args.lanes, args.frames, args.bins);
    if (place.lane == args.lanes) return;
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

inline constexpr int kMostMaskTaps = 8;

// y[t] = sum over k of tanh(L m)[k] x[t - k]: the closing 1 x 1 convolution, the mask, the filter
// along time.
struct MaskFilterArgs {
  Frames<const float> mask;  // [bin][tap]
  Frames<const float> x;     // taps - 1 frames before the first are there
  Frames<float> y;
  const float *mix_re, *mix_im;    // [tap][tap]
  const float *bias_re, *bias_im;  // [tap]
  std::int32_t lanes, frames, bins, taps;
};
struct MaskFilter {
  using Args = MaskFilterArgs;
  static constexpr int kThreads = kSpectrumThreads, kShared = 0, kPhases = 1;
  static std::int64_t blocks(const Args& a) {
    return spectrum_blocks(std::int64_t{a.lanes} * a.frames * a.bins);
  }

  template <int Phase>
  LIMPID_HD static void run(int thread, std::int64_t block, Complex*, const Args& args) {
    const Place place(block * kThreads + thread, args.lanes, args.frames, args.bins);
    if (place.lane == args.lanes) return;
    const float* m = args.mask.at(place.lane, place.frame) + place.at * args.taps;
    Complex y{0, 0};
    for (int k = 0; k < args.taps; ++k) {
      Complex sum{args.bias_re[k], args.bias_im[k]};
      for (int from = 0; from < args.taps; ++from)
        sum = sum + Complex{args.mix_re[k * args.taps + from], args.mix_im[k * args.taps + from]} *
                        Complex{m[from], m[from + args.mask.imaginary]};
      const float* x = args.x.at(place.lane, place.frame - k) + place.at;
      y = y + Complex{std::tanh(sum.re), std::tanh(sum.im)} * Complex{x[0], x[args.x.imaginary]};
    }
    float* to = args.y.at(place.lane, place.frame) + place.at;
    to[0] = y.re;
    to[args.y.imaginary] = y.im;
  }
};

// y[lane][frame] = sigmoid(w x + bias), x a frame of [rows][channels] averaged over its rows, w
// [re, im][channel].
struct VoiceArgs {
  Frames<const float> x;
  float* y;
  const float* w;
  float bias;
  std::int32_t lanes, frames, rows, channels, row;  // floats from a row to the next
};
struct Voice {
  using Args = VoiceArgs;
  static constexpr int kThreads = kSpectrumThreads, kShared = 0, kPhases = 1;
  static std::int64_t blocks(const Args& a) {
    return spectrum_blocks(std::int64_t{a.lanes} * a.frames);
  }

  template <int Phase>
  LIMPID_HD static void run(int thread, std::int64_t block, Complex*, const Args& args) {
    const Place place(block * kThreads + thread, args.lanes, args.frames, 1);
    if (place.lane == args.lanes) return;
    const float* x = args.x.at(place.lane, place.frame);
    float sum = 0;
    for (int row = 0; row < args.rows; ++row)
      for (int c = 0; c < args.channels; ++c)
        sum += args.w[c] * x[row * args.row + c] +
               args.w[args.channels + c] * x[row * args.row + c + args.x.imaginary];
    sum = sum / static_cast<float>(args.rows) + args.bias;
    args.y[place.lane * args.frames + place.frame] = 1.0f / (1.0f + std::exp(-sum));
  }
};

// What layers remember: frames [shift, shift + keep) become frames [0, keep), for several of them
// at once. A thread takes one value of every kept frame in turn, as the two may overlap.
struct KeepArgs {
  struct Memory {
    float* data;         // [blocks][frame][payload]
    std::int64_t block;  // floats from a block to the next
    std::int32_t blocks, payload, keep;
  };
  static constexpr int kMost = 64;
  Memory memories[kMost];
  std::int32_t count, shift;
};
struct Keep {
  using Args = KeepArgs;
  static constexpr int kThreads = kSpectrumThreads, kShared = 0, kPhases = 1;
  LIMPID_HD static std::int64_t values(const Args::Memory& m) {
    return std::int64_t{m.blocks} * m.payload;
  }
  static std::int64_t blocks(const Args& args) {
    std::int64_t all = 0;
    for (int i = 0; i < args.count; ++i) all += values(args.memories[i]);
    return spectrum_blocks(all);
  }

  template <int Phase>
  LIMPID_HD static void run(int thread, std::int64_t block, Complex*, const Args& args) {
    std::int64_t index = block * kThreads + thread;
    int which = 0;
    while (which < args.count && index >= values(args.memories[which]))
      index -= values(args.memories[which++]);
    if (which == args.count) return;
    const Args::Memory& m = args.memories[which];
    float* data = m.data + index / m.payload * m.block + index % m.payload;
    for (std::int64_t f = 0; f < m.keep; ++f)
      data[f * m.payload] = data[(f + args.shift) * m.payload];
  }
};

// One lane of the same memories as a stream begins: its kept frames become zero.
struct ForgetArgs {
  KeepArgs::Memory memories[KeepArgs::kMost];
  std::int32_t count, lane, lanes;
};
struct Forget {
  using Args = ForgetArgs;
  static constexpr int kThreads = kSpectrumThreads, kShared = 0, kPhases = 1;
  LIMPID_HD static std::int64_t values(const KeepArgs::Memory& m, int lanes) {
    return std::int64_t{m.blocks / lanes} * m.keep * m.payload;
  }
  static std::int64_t blocks(const Args& args) {
    std::int64_t all = 0;
    for (int i = 0; i < args.count; ++i) all += values(args.memories[i], args.lanes);
    return spectrum_blocks(all);
  }

  template <int Phase>
  LIMPID_HD static void run(int thread, std::int64_t block, Complex*, const Args& args) {
    std::int64_t index = block * kThreads + thread;
    int which = 0;
    while (which < args.count && index >= values(args.memories[which], args.lanes))
      index -= values(args.memories[which++], args.lanes);
    if (which == args.count) return;
    const KeepArgs::Memory& m = args.memories[which];
    const std::int64_t of_block = std::int64_t{m.keep} * m.payload;
    m.data[(index / of_block * args.lanes + args.lane) * m.block + index % of_block] = 0;
  }
};

}  // namespace limpid::kernels::cuda
