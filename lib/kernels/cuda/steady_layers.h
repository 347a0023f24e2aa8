// SPDX-License-Identifier: MIT
// steady_filter (lib/kernels/steady_filter.h) on a GPU: the filter behind a network for arrays that
// is fitted in every bin to what the network has made of all frames so far.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>

#include "lib/kernels/cuda/array_layers.h"
#include "lib/kernels/steady_filter.h"

namespace limpid::kernels::cuda {

// Inputs are the first `bins` of the latest `taps` frames of every microphone, at most
// kMaxSteadyInputs of them.
struct SteadyFilterArgs {
  ArraySpectra spectra;  // taps - 1 frames before the first are there
  Frames<float> y;       // the estimates, in place
  float* sums;           // [lane] of steady_floats(), [..][bin]
  SteadyRule rule;
  std::int32_t lanes, frames, bins, taps;
  LIMPID_HD int inputs() const { return taps * spectra.microphones; }
};

// The equations of one bin: (R + load) w = r. Value i of a thread is i * kThreads further, so that
// those of neighbours lie side by side.
template <int kThreads>
class SteadyEquations {
 public:
  static constexpr int kMost = kMaxSteadyInputs, kTriangle = kMost * (kMost + 1) / 2;
  static constexpr int kValues = kTriangle + 2 * kMost;  // of a thread

  LIMPID_HD SteadyEquations(Complex* shared, int thread, int count)
      : mine_(shared + thread), count_(count) {}

  LIMPID_HD Complex& input(int i) { return mine_[(kTriangle + i) * kThreads]; }

  // Another frame's inputs and estimate join R and r, whose rows are `stride` floats apart.
  LIMPID_HD void sum_up(Complex estimate, float keep, float* sums, std::int64_t stride) {
    const auto kept = [&](float add) {
      const float sum = keep * *sums + add;
      *sums = sum;
      sums += stride;
      return sum;
    };
    const auto joined = [&](Complex product) {
      const float re = kept(product.re);
      return Complex{re, kept(product.im)};
    };
    for (int i = 0; i < count_; ++i) {
      const Complex z = input(i);
      for (int j = 0; j < i; ++j) factor(i, j) = joined(z * conj(input(j)));
      factor(i, i).re = kept(power(z));
      weight(i) = joined(z * conj(estimate));
    }
  }

  // R becomes L of L L^H = R + load, row by row, with the reciprocal of its diagonal.
  LIMPID_HD void factorise(float loading) {
    float trace = 0;
    for (int i = 0; i < count_; ++i) trace += factor(i, i).re;
    const float load = loading / static_cast<float>(count_) * trace + kSteadyFloor;
    for (int i = 0; i < count_; ++i) {
      float left = factor(i, i).re + load;
      for (int j = 0; j < i; ++j) {
        Complex sum = factor(i, j);
        for (int k = 0; k < j; ++k) sum = sum - factor(i, k) * conj(factor(j, k));
        sum = factor(j, j).re * sum;
        factor(i, j) = sum;
        left -= power(sum);
      }
      // Rounding may have taken more than there was; the load is the least that can be left.
      const float least = kSteadyLeast * load;
      factor(i, i).re = 1.0f / std::sqrt(left > least ? left : least);
    }
  }

  // w from r, in place: forwards by L, backwards by L^H.
  LIMPID_HD void solve() {
    for (int i = 0; i < count_; ++i) {
      Complex sum = weight(i);
      for (int k = 0; k < i; ++k) sum = sum - factor(i, k) * weight(k);
      weight(i) = factor(i, i).re * sum;
    }
    for (int i = count_ - 1; i >= 0; --i) {
      Complex sum = weight(i);
      for (int k = i + 1; k < count_; ++k) sum = sum - weight(k) * conj(factor(k, i));
      weight(i) = factor(i, i).re * sum;
    }
  }

  // The estimate beside what the filter makes.
  LIMPID_HD Complex joined(Complex estimate, const SteadyRule& rule) {
    Complex y{0, 0};
    for (int i = 0; i < count_; ++i) y = y + input(i) * conj(weight(i));
    const float most =
        rule.limit * std::sqrt(power(estimate)) / (std::sqrt(power(y)) + kSteadyQuiet);
    return (1.0f - rule.share) * estimate + rule.share * (most < 1.0f ? most : 1.0f) * y;
  }

 private:
  LIMPID_HD static float power(Complex v) { return v.re * v.re + v.im * v.im; }
  LIMPID_HD Complex& factor(int i, int j) { return mine_[(i * (i + 1) / 2 + j) * kThreads]; }
  LIMPID_HD Complex& weight(int i) { return mine_[(kTriangle + kMost + i) * kThreads]; }

  Complex* mine_;
  int count_;
};

// A thread follows one bin of a lane through the call, and shares nothing: it has its equations in
// shared memory because registers have no indices. Blocks are small, so that one lane's bins come
// to several multiprocessors.
struct SteadyFilter {
  using Args = SteadyFilterArgs;
  static constexpr int kThreads = 32, kPhases = 1;
  using Equations = SteadyEquations<kThreads>;
  static constexpr int kShared = kThreads * Equations::kValues;
  static_assert(kShared * sizeof(Complex) <= 48 * 1024, "what a kernel has without asking");
  static std::int64_t blocks(const Args& args) {
    return (std::int64_t{args.lanes} * args.bins + kThreads - 1) / kThreads;
  }

  template <int Phase>
  LIMPID_HD static void run(int thread, std::int64_t block, Complex* shared, const Args& args) {
    const Place place(block * kThreads + thread, args.lanes, 1, args.bins);
    if (place.lane == args.lanes) return;
    const int inputs = args.inputs();
    float* sums = args.sums +
                  steady_floats(inputs, args.bins) * static_cast<std::size_t>(place.lane) +
                  place.at;
    Equations equations(shared, thread, inputs);
    for (int frame = 0; frame < args.frames; ++frame) {
      for (int i = 0; i < inputs; ++i)
        equations.input(i) = args.spectra.at(place.lane, frame - i / args.spectra.microphones,
                                             i % args.spectra.microphones, place.at);
      float* y = args.y.at(place.lane, frame) + place.at;
      const Complex estimate{y[0], y[args.y.imaginary]};
      equations.sum_up(estimate, args.rule.keep, sums, args.bins);
      equations.factorise(args.rule.loading);
      equations.solve();
      const Complex out = equations.joined(estimate, args.rule);
      y[0] = out.re;
      y[args.y.imaginary] = out.im;
    }
  }
};

}  // namespace limpid::kernels::cuda
