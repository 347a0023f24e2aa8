// SPDX-License-Identifier: MIT
// The end of a complex feed-forward sequential memory layer: an FIR filter of every channel along a
// sequence, and the complex residual (FRCRN section 1.5). With p = [F's projection, G's projection]
// of both parts,
//   re = xr + f(pr) - xi - g(pi),  im = xi + f(pi) + xr + g(pr),  f(p)[s] = sum over j of w[j] p[s
//   - (taps-1) + j].
#pragma once

#include <cstdint>

#include "lib/kernels/cuda/host_device.h"

namespace limpid::kernels::cuda {

// Step s of sequence (i, j) is at data + i*stride[0] + j*stride[1] + s*step; the imaginary part
// `imaginary` floats further.
template <class T>
struct Sequences {
  T* data;
  std::int64_t stride[2], step, imaginary;
  LIMPID_HD T* at(int i, int j, int s) const {
    return data + i * stride[0] + j * stride[1] + s * step;
  }
};

struct FsmnSumArgs {
  Sequences<const float> x;  // [channels]
  Sequences<const float>
      p;               // [2 channels]; steps -history .. -1 are there, what is before them is zero
  Sequences<float> y;  // may be x
  const float* w;      // [taps][2 channels], F's and G's, one added to the last tap
  std::int32_t count[2], steps, channels, taps, history;
};

struct FsmnSum {
  using Args = FsmnSumArgs;
  static constexpr int kThreads = 256, kShared = 0, kPhases = 1;

  static std::int64_t blocks(const Args& args) {
    const std::int64_t all =
        std::int64_t{args.count[0]} * args.count[1] * args.steps * args.channels;
    return (all + kThreads - 1) / kThreads;
  }

  template <int Phase>
  LIMPID_HD static void run(int thread, std::int64_t block, Complex*, const Args& args) {
    std::int64_t at = block * kThreads + thread;
    const int c = static_cast<int>(at % args.channels);
    at /= args.channels;
    const int s = static_cast<int>(at % args.steps);
    at /= args.steps;
    const int j = static_cast<int>(at % args.count[1]), i = static_cast<int>(at / args.count[1]);
    if (i >= args.count[0]) return;

    Complex f{0, 0}, g{0, 0};
    for (int tap = 0; tap < args.taps; ++tap) {
      const int from = s - (args.taps - 1) + tap;
      if (from < -args.history) continue;
      const float* p = args.p.at(i, j, from) + c;
      const float* w = args.w + static_cast<std::int64_t>(tap) * 2 * args.channels + c;
      f = f + w[0] * Complex{p[0], p[args.p.imaginary]};
      g = g + w[args.channels] * Complex{p[args.channels], p[args.channels + args.p.imaginary]};
    }
    const float* x = args.x.at(i, j, s) + c;
    const Complex in{x[0], x[args.x.imaginary]};
    float* y = args.y.at(i, j, s) + c;
    y[0] = in.re + f.re - (in.im + g.im);
    y[args.y.imaginary] = in.im + f.im + (in.re + g.re);
  }
};

}  // namespace limpid::kernels::cuda
