// SPDX-License-Identifier: MIT
// A complex FFT of 8 to 16384 points that one block of threads does in its shared memory, in place.
//
// Forward is decimation in frequency: a stage of radix R takes nodes of R S points apart into R
// nodes of S points, so frequencies end up in digit-reversed order, at location k1 S1 + k2 S2 + ...
// for k = k1 + R1 k2 + R1 R2 k3 ... . Inverse is its mirror image, from digit-reversed to natural
// order. A butterfly reads and writes the same R locations, so one wait between stages is enough.
//
// inverse() also multiplies by the forward roots: on values that are swapped() before the first and
// after the last inverse stage it is the inverse transform, not scaled.
//
// Several columns may lie side by side, element n of column c at n * kColumns + c.
#pragma once

#include "lib/kernels/cuda/dft.h"
#include "lib/kernels/cuda/sparse_nodes.h"

namespace limpid::kernels::cuda {

struct Radices {
  int count;
  int radix[3];
};

constexpr Radices radices(int log_size) {
  constexpr Radices all[] = {{1, {8}},          {1, {16}},         {1, {32}},
                             {2, {8, 8}},       {2, {8, 16}},      {2, {16, 16}},
                             {2, {32, 16}},     {3, {8, 8, 16}},   {3, {8, 16, 16}},
                             {3, {16, 16, 16}}, {3, {32, 16, 16}}, {3, {32, 32, 16}}};
  return all[log_size - 3];
}

// Roots W^(a L + b) of a butterfly are products of W^(a L) and W^b: with R = 16 six are read,
// not 15.
constexpr int low_powers(int radix) {
  return radix == 32 ? 8 : 4;
}
constexpr int stored_powers(int radix) {
  return low_powers(radix) - 1 + radix / low_powers(radix) - 1;
}

// v[k] *= W^k, W^k given by stored_powers(R) of them: W^1.. W^(L-1), then W^L, W^2L ... .
template <int R>
LIMPID_HD void multiply_powers(Complex (&v)[R], const Complex (&powers)[stored_powers(R)]) {
  constexpr int kLow = low_powers(R);
  LIMPID_UNROLL for (int k = 1; k < R; ++k) {
    const int a = k / kLow, b = k % kLow;
    if (a == 0) {
      v[k] = v[k] * powers[b - 1];
    } else if (b == 0) {
      v[k] = v[k] * powers[kLow + a - 2];
    } else {
      v[k] = v[k] * (powers[kLow + a - 2] * powers[b - 1]);
    }
  }
}

// Where a transform's elements lie: a block's shared memory. With padding, sixteen neighbours and
// sixteen elements that are sixteen apart both lie in different banks.
template <bool kPadded>
struct SharedPoints {
  Complex* points;
  template <int kLeg>
  LIMPID_HD Complex& at(int base, int leg) const {
    static_assert(!kPadded || kLeg % 16 == 0 || kLeg == 1);
    if constexpr (!kPadded) return points[base + leg * kLeg];
    return points[base + base / 16 + leg * (kLeg + kLeg / 16)];
  }
  template <int kLeg>
  LIMPID_HD Complex get(int base, int leg) const {
    return at<kLeg>(base, leg);
  }
  template <int kLeg>
  LIMPID_HD void set(int base, int leg, Complex value) const {
    at<kLeg>(base, leg) = value;
  }
};

struct Nothing {
  template <int R>
  LIMPID_HD void operator()(Complex (&)[R], int) const {}
};

template <int kLogSize, int kLogColumns = 0>
struct BlockFft {
  static constexpr int kSize = 1 << kLogSize, kColumns = 1 << kLogColumns;
  static constexpr int kStages = radices(kLogSize).count;
  static constexpr bool kPadded = kLogColumns < 4;
  static constexpr int kPoints =
      (kSize << kLogColumns) + (kPadded ? (kSize << kLogColumns) / 16 : 0);
  using Shared = SharedPoints<kPadded>;

  static constexpr int radix(int stage) { return radices(kLogSize).radix[stage]; }
  static constexpr int step(int stage) {  // S, the distance of the legs of a butterfly
    int size = kSize;
    for (int s = 0; s <= stage; ++s) size /= radix(s);
    return size;
  }
  // Of a stage's roots in the table, [stored power][n2]; the last stage has none.
  static constexpr int twiddle_begin(int stage) {
    int begin = 0;
    for (int s = 0; s < stage; ++s) begin += stored_powers(radix(s)) * step(s);
    return begin;
  }
  static constexpr int kTwiddles = twiddle_begin(kStages - 1);

  // The frequency at a location.
  template <int Stage = 0>
  LIMPID_HD static int frequency(int location) {
    constexpr int kRadix = radix(Stage), kStep = step(Stage);
    const int digit = location / kStep % kRadix;
    if constexpr (Stage + 1 == kStages) return digit;
    if constexpr (Stage + 1 < kStages) return digit + kRadix * frequency<Stage + 1>(location);
  }

  // Stage `Stage` of the share of `thread`, one of `threads`. more(v, base) may change a
  // butterfly's results, leg 0 of which is element `base`. The legs from kGiven on are zero.
  template <int Stage, int kGiven = radix(Stage), class From, class To, class More = Nothing,
            class Nodes = AllNodes>
  LIMPID_HD static void forward(int thread, int threads, From from, To to, const Complex* twiddles,
                                More more = {}, Nodes nodes = {}) {
    constexpr int R = radix(Stage), kLeg = step(Stage) * kColumns;
    static_assert(!kPadded || kLeg % 16 == 0 || R <= 16, "legs beyond a padding");
    const int count = nodes.count(kSize * kColumns / R / kLeg) * kLeg;
    LIMPID_NO_UNROLL for (int b = thread; b < count; b += threads) {
      const int node = nodes.at(b / kLeg);
      const int base = node * (kLeg * R) + b % kLeg;
      Complex v[R];
      LIMPID_UNROLL for (int leg = 0; leg < kGiven; ++leg) v[leg] =
          from.template get<kLeg>(base, leg);
      dft<R, kGiven>(v);
      twiddle<Stage>(v, b % kLeg / kColumns, twiddles);
      more(v, base);
      LIMPID_UNROLL for (int leg = 0; leg < R; ++leg) to.template set<kLeg>(base, leg, v[leg]);
    }
  }

  // more(v, base) may change what a butterfly starts from. The legs from kWanted on are not set.
  template <int Stage, int kWanted = radix(Stage), class From, class To, class More = Nothing,
            class Nodes = AllNodes>
  LIMPID_HD static void inverse(int thread, int threads, From from, To to, const Complex* twiddles,
                                More more = {}, Nodes nodes = {}) {
    constexpr int R = radix(Stage), kLeg = step(Stage) * kColumns;
    const int count = nodes.count(kSize * kColumns / R / kLeg) * kLeg;
    LIMPID_NO_UNROLL for (int b = thread; b < count; b += threads) {
      const int node = nodes.at(b / kLeg);
      const int base = node * (kLeg * R) + b % kLeg;
      Complex v[R];
      LIMPID_UNROLL for (int leg = 0; leg < R; ++leg) v[leg] = from.template get<kLeg>(base, leg);
      more(v, base);
      twiddle<Stage>(v, b % kLeg / kColumns, twiddles);
      dft<R, R, kWanted>(v);
      LIMPID_UNROLL for (int leg = 0; leg < kWanted; ++leg)
          to.template set<kLeg>(base, leg, v[leg]);
    }
  }

  // The first stage of samples and the last one to them: where from.half() or to.half(), the second
  // half of the transform is silence or not wanted.
  template <class From, class To, class More = Nothing>
  LIMPID_HD static void from_samples(int thread, int threads, From from, To to,
                                     const Complex* twiddles, More more = {}) {
    if (from.half()) {
      forward<0, radix(0) / 2>(thread, threads, from, to, twiddles, more);
    } else {
      forward<0>(thread, threads, from, to, twiddles, more);
    }
  }
  template <class From, class To, class More = Nothing>
  LIMPID_HD static void to_samples(int thread, int threads, From from, To to,
                                   const Complex* twiddles, More more = {}) {
    if (to.half()) {
      inverse<0, radix(0) / 2>(thread, threads, from, to, twiddles, more);
    } else {
      inverse<0>(thread, threads, from, to, twiddles, more);
    }
  }

 private:
  template <int Stage, int R>
  LIMPID_HD static void twiddle(Complex (&v)[R], int n2, const Complex* twiddles) {
    if constexpr (Stage + 1 < kStages) {
      constexpr int kStep = step(Stage);
      Complex powers[stored_powers(R)];
      LIMPID_UNROLL for (int p = 0; p < stored_powers(R); ++p) powers[p] =
          twiddles[twiddle_begin(Stage) + p * kStep + n2];
      multiply_powers<R>(v, powers);
    }
  }
};

}  // namespace limpid::kernels::cuda
