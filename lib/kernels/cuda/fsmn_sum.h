// SPDX-License-Identifier: MIT
// The end of a complex feed-forward sequential memory layer: an FIR filter of every channel along a
// sequence, and the complex residual (FRCRN section 1.5). With p = [F's projection, G's projection]
// of both parts,
//   re = xr + f(pr) - xi - g(pi),  im = xi + f(pi) + xr + g(pr),  f(p)[s] = sum over j of w[j] p[s
//   - (taps-1) + j].
// The gains of a frozen squeeze-excitation, which come next, are factors on the way to memory.
#pragma once

#include <cstdint>

#include "lib/base/arithmetic.h"
#include "lib/kernels/cuda/storage.h"

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
  // [2 channels]; steps -history .. -1 are there, what is before them is zero. Where `stored` is
  // fp16 or bf16, in words of two such numbers, which strides count.
  Sequences<const float> p;
  Sequences<float> y;  // may be x
  const float* w;      // [taps][2 channels], F's and G's, one added to the last tap
  std::int32_t count[2], steps, channels, taps, history;
  // Of re and im: what y is multiplied by, or where `gated` is wanted x, on its way there, which
  // may be where x lies. Null: there are none.
  const float* gain = nullptr;  // [re, im][channels]
  Sequences<float> gated{};
  Arithmetic stored = Arithmetic::exact;  // of p
};

// A thread has kSteps successive steps of one channel: every p is loaded once for all of them, and
// of the weights those of the steps' taps move along in registers. A warp has neighbouring
// channels, a block the steps behind each other, which look back on the same p.
template <class Stored>
struct FsmnSum {
  using Args = FsmnSumArgs;
  static constexpr int kThreads = 256, kShared = 0, kPhases = 1;
  static constexpr int kSteps = 8;

  LIMPID_HD static int groups(const Args& args) { return (args.channels + 31) / 32; }
  LIMPID_HD static int width(const Args& args) {  // channels of a group
    return (args.channels + groups(args) - 1) / groups(args);
  }
  LIMPID_HD static int chunks(const Args& args) { return (args.steps + kSteps - 1) / kSteps; }
  static std::int64_t blocks(const Args& args) {
    const std::int64_t all =
        std::int64_t{args.count[0]} * args.count[1] * groups(args) * width(args) * chunks(args);
    return (all + kThreads - 1) / kThreads;
  }

  template <int Phase>
  LIMPID_HD static void run(int thread, std::int64_t block, Complex*, const Args& args) {
    auto at = static_cast<std::uint32_t>(block * kThreads + thread);  // memory ends before 2^32
    const auto next = [&](int count) {
      const auto n = static_cast<std::uint32_t>(count);
      const std::uint32_t here = at % n;
      at /= n;
      return static_cast<int>(here);
    };
    const int lane = next(width(args)), first = next(chunks(args)) * kSteps;
    const int c = next(groups(args)) * width(args) + lane;
    const int j = next(args.count[1]), i = static_cast<int>(at);
    if (i >= args.count[0] || c >= args.channels) return;
    const int steps = args.steps - first;
    const bool gates_x = args.gated.data != nullptr;
    Complex sums[kSteps];
    read(args.x.at(i, j, first) + c, steps, args, sums);
    if (gates_x) write(args.gated, args.gated.at(i, j, first) + c, steps, gain(c, args), sums);
    LIMPID_UNROLL for (Complex& sum : sums) sum = {sum.re - sum.im, sum.im + sum.re};
    const float* p = args.p.at(i, j, first - (args.taps - 1));
    add(reinterpret_cast<const Stored*>(p) + c, args.w + c, first, args, sums);
    write(args.y, args.y.at(i, j, first) + c, steps, gates_x ? Complex{1, 1} : gain(c, args), sums);
  }

 private:
  LIMPID_HD static Complex gain(int c, const Args& args) {
    return args.gain != nullptr ? Complex{args.gain[c], args.gain[c + args.channels]}
                                : Complex{1, 1};
  }
  // All are asked for before anything is written, which may be over x.
  LIMPID_HD static void read(const float* x, int steps, const Args& args, Complex (&to)[kSteps]) {
    LIMPID_UNROLL for (int s = 0; s < kSteps; ++s) {
      const std::int64_t from = s < steps ? s * args.x.step : 0;
      to[s] = {x[from], x[from + args.x.imaginary]};
    }
  }
  LIMPID_HD static void write(const Sequences<float>& lie, float* to, int steps, Complex gain,
                              const Complex (&values)[kSteps]) {
    LIMPID_UNROLL for (int s = 0; s < kSteps; ++s) if (s < steps) {
      to[s * lie.step] = gain.re * values[s].re;
      to[s * lie.step + lie.imaginary] = gain.im * values[s].im;
    }
  }

  // p: what the first step sees with its first tap.
  LIMPID_HD static void add(const Stored* p, const float* w, int first, const Args& args,
                            Complex (&sums)[kSteps]) {
    constexpr int kOfWord = sizeof(float) / sizeof(Stored);
    const std::int64_t step = args.p.step * kOfWord, imaginary = args.p.imaginary * kOfWord;
    const Stored* parts[4] = {p, p + imaginary, p + args.channels, p + args.channels + imaginary};
    const int taps = args.taps, end = taps + kSteps - 1, before = first - (taps - 1);
    float f[kSteps] = {}, g[kSteps] = {};  // weights of tap k are at k % kSteps
    for (int begin = 0; begin < end; begin += kSteps)
      LIMPID_UNROLL for (int k = 0; k < kSteps; ++k) {
        const int tap = begin + k, from = before + tap;  // of the first step
        f[k] = tap < taps ? w[0] : 0.0f;
        g[k] = tap < taps ? w[args.channels] : 0.0f;
        w += 2 * args.channels;
        const bool there = tap < end && static_cast<std::uint32_t>(from + args.history) <
                                            static_cast<std::uint32_t>(args.steps + args.history);
        float seen[4];
        LIMPID_UNROLL for (int part = 0; part < 4; ++part) {
          seen[part] = there ? load_one(parts[part]) : 0.0f;
          parts[part] += step;
        }
        LIMPID_UNROLL for (int s = 0; s < kSteps; ++s) {
          const int own = (k - s + kSteps) % kSteps;
          sums[s].re += f[own] * seen[0];
          sums[s].re -= g[own] * seen[3];
          sums[s].im += f[own] * seen[1];
          sums[s].im += g[own] * seen[2];
        }
      }
  }
};

}  // namespace limpid::kernels::cuda
