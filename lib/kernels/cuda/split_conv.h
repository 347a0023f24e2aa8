// SPDX-License-Identifier: MIT
// Convolutions of more points than a block can hold, in three passes: m = outer x inner points as a
// matrix, n = inner n1 + n2, k = k1 + outer k2.
//
//   1. OuterForward  transforms columns and multiplies by exp(-2 pi i k1 n2 / m); writes [k1][n2]
//   2. InnerConv     transforms rows, multiplies spectra, transforms back, in place
//   3. OuterInverse  the columns' way back
//
// Frequencies k and m - k lie in rows k1 and outer - k1, so a block of the second pass takes both.
// The caller does few enough rows of audio at a time that what is between the passes stays in the
// cache.
#pragma once

#include <cmath>

#include "lib/kernels/cuda/fused_conv.h"

namespace limpid::kernels::cuda {

inline constexpr int kLogInner = 12, kInner = 1 << kLogInner;

// exp(-2 pi i e / turn), 0 <= e < turn = 2^n <= 2^23: the angle is exact.
LIMPID_HD Complex unit_root(int e, int turn) {
  const float half_turns = static_cast<float>(e) * (2.0f / static_cast<float>(turn));
#ifdef __CUDA_ARCH__
  float sine, cosine;
  sincospif(half_turns, &sine, &cosine);
  return {cosine, -sine};
#else
  const double angle = -3.14159265358979323846 * static_cast<double>(half_turns);
  return {static_cast<float>(std::cos(angle)), static_cast<float>(std::sin(angle))};
#endif
}

// A block takes as many columns as make 4096 points, at least sixteen: what they read is
// contiguous.
template <int kLogOuter>
struct OuterLayout {
  static constexpr int kOuter = 1 << kLogOuter, kSize = kOuter * kInner;
  static constexpr int kLogTile = kLogOuter > 8 ? 4 : 12 - kLogOuter;
  using Fft = BlockFft<kLogOuter, kLogTile>;
  static constexpr int kTile = Fft::kColumns, kTiles = kInner / kTile;
  static constexpr int kThreads = 256;
  static constexpr int kShared = Fft::kStages > 1 ? Fft::kPoints : 0;
};

// Element n1 * tile + c of a block's columns is element n1 of column first + c.
template <int kLogOuter>
struct OuterColumn {
  using Layout = OuterLayout<kLogOuter>;
  int first;
  LIMPID_HD int column(int element) const { return first + element % Layout::kTile; }

  // Multiplies row k1 by exp(-2 pi i k1 n2 / m): legs of the last stage are `step` rows apart.
  template <int R>
  LIMPID_HD void operator()(Complex (&v)[R], int base) const {
    constexpr int kStep = Layout::kOuter / R, kLow = low_powers(R);
    const int n2 = column(base), k1 = Layout::Fft::frequency(base / Layout::kTile);
    const Complex first_root = unit_root(k1 * n2, Layout::kSize);
    Complex powers[stored_powers(R)];
    powers[0] = unit_root(kStep * n2, Layout::kSize);
    LIMPID_UNROLL for (int n = 2; n < kLow; ++n) powers[n - 1] =
        powers[n / 2 - 1] * powers[n - n / 2 - 1];
    powers[kLow - 1] = unit_root(kStep * kLow * n2, Layout::kSize);
    LIMPID_UNROLL for (int a = kLow; a < stored_powers(R); ++a) powers[a] =
        powers[a - 1] * powers[kLow - 1];
    multiply_powers<R>(v, powers);
    LIMPID_UNROLL for (int leg = 0; leg < R; ++leg) v[leg] = v[leg] * first_root;
  }
};

// The samples of a row of audio as columns.
template <class T, int kLogOuter>
struct OuterSamples {
  RowInput<T> row;
  OuterColumn<kLogOuter> tile;
  template <int kLeg>
  LIMPID_HD Complex get(int base, int leg) const {
    constexpr int kTile = OuterLayout<kLogOuter>::kTile;
    return row.load((base / kTile + leg * (kLeg / kTile)) * kInner + tile.column(base));
  }
};
template <class T, int kLogOuter>
struct OuterResults {
  RowOutput<T> row;
  OuterColumn<kLogOuter> tile;
  template <int kLeg>
  LIMPID_HD void set(int base, int leg, Complex value) const {
    constexpr int kTile = OuterLayout<kLogOuter>::kTile;
    row.store((base / kTile + leg * (kLeg / kTile)) * kInner + tile.column(base), swapped(value));
  }
};
// The matrix between the passes, rows in the order of their frequencies.
template <int kLogOuter>
struct OuterMatrix {
  Complex* work;
  OuterColumn<kLogOuter> tile;
  template <int kLeg>
  LIMPID_HD Complex& at(int base, int leg) const {
    using Layout = OuterLayout<kLogOuter>;
    constexpr int kTile = Layout::kTile, kLast = Layout::Fft::radix(Layout::Fft::kStages - 1);
    static_assert(kLeg == kTile);  // the last stage
    const int k1 = Layout::Fft::frequency(base / kTile) + leg * (Layout::kOuter / kLast);
    return work[k1 * kInner + tile.column(base)];
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

// What both outer passes are told: segments first .. first + count - 1 of the call.
template <class T>
struct OuterArgs {
  Rows<T> rows;
  std::int64_t first, count;
  Complex* work;  // [count][outer][inner]
  const Complex* twiddles;
};

template <class T, int kLogOuter>
struct OuterForward {
  using Layout = OuterLayout<kLogOuter>;
  using Fft = typename Layout::Fft;
  using Args = OuterArgs<T>;
  static constexpr int kThreads = Layout::kThreads, kShared = Layout::kShared;
  static constexpr int kPhases = Fft::kStages;
  static std::int64_t blocks(const Args& args) { return args.count * Layout::kTiles; }

  template <int Phase>
  LIMPID_HD static void run(int thread, std::int64_t block, Complex* shared, const Args& args) {
    const std::int64_t row = block / Layout::kTiles;
    const OuterColumn<kLogOuter> tile{static_cast<int>(block % Layout::kTiles) * Layout::kTile};
    const OuterSamples<T, kLogOuter> samples{args.rows.input(args.first + row), tile};
    const OuterMatrix<kLogOuter> matrix{args.work + row * Layout::kSize, tile};
    const typename Fft::Shared points{shared};
    if constexpr (kPhases == 1) {
      Fft::template forward<0>(thread, kThreads, samples, matrix, args.twiddles, tile);
    } else if constexpr (Phase == 0) {
      Fft::template forward<0>(thread, kThreads, samples, points, args.twiddles);
    } else {
      Fft::template forward<1>(thread, kThreads, points, matrix, args.twiddles, tile);
    }
  }
};

template <class T, int kLogOuter>
struct OuterInverse {
  using Layout = OuterLayout<kLogOuter>;
  using Fft = typename Layout::Fft;
  using Args = OuterArgs<T>;
  static constexpr int kThreads = Layout::kThreads, kShared = Layout::kShared;
  static constexpr int kPhases = Fft::kStages;
  static std::int64_t blocks(const Args& args) { return args.count * Layout::kTiles; }

  template <int Phase>
  LIMPID_HD static void run(int thread, std::int64_t block, Complex* shared, const Args& args) {
    const std::int64_t row = block / Layout::kTiles;
    const OuterColumn<kLogOuter> tile{static_cast<int>(block % Layout::kTiles) * Layout::kTile};
    const OuterResults<T, kLogOuter> results{args.rows.output(args.first + row), tile};
    const OuterMatrix<kLogOuter> matrix{args.work + row * Layout::kSize, tile};
    const typename Fft::Shared points{shared};
    if constexpr (kPhases == 1) {
      Fft::template inverse<0>(thread, kThreads, matrix, results, args.twiddles, tile);
    } else if constexpr (Phase == 0) {
      Fft::template inverse<1>(thread, kThreads, matrix, points, args.twiddles, tile);
    } else {
      Fft::template inverse<0>(thread, kThreads, points, results, args.twiddles);
    }
  }
};

// One row of the matrix.
struct InnerPoints {
  Complex* row;
  template <int kLeg>
  LIMPID_HD Complex get(int base, int leg) const {
    return row[base + leg * kLeg];
  }
  template <int kLeg>
  LIMPID_HD void set(int base, int leg, Complex value) const {
    row[base + leg * kLeg] = value;
  }
};

struct InnerArgs {
  Complex* work;                          // [count][outer][inner]
  std::int64_t first, count, of_channel;  // segments; as many of them share a filter
  int outer;
  Complex* spectra;  // [channel][pair of rows][slot][task]
  RowTables tables;
  const Complex* outer_roots;  // [outer / 2 + 1]: exp(-2 pi i k1 / 2m)
};

// Rows q and outer - q; of q = 0, which mirrors itself, rows 0 and outer / 2.
struct InnerLayout {
  using Fft = BlockFft<kLogInner>;
  static constexpr int kTasks = kInner / kColumn, kThreads = kTasks;
  static constexpr int kRowThreads = kThreads / 2;  // of a row, but for the middle
  static constexpr int kShared = 2 * Fft::kPoints;
  static constexpr int kSpectrum = kSlots * kTasks;
  static std::int64_t blocks(const InnerArgs& args) { return args.count * (args.outer / 2); }

  std::int64_t row;  // of audio, from 0
  int q, outer;
  LIMPID_HD InnerLayout(std::int64_t block, const InnerArgs& args)
      : row(block / (args.outer / 2)),
        q(static_cast<int>(block % (args.outer / 2))),
        outer(args.outer) {}

  LIMPID_HD int k1(int half) const { return half == 0 ? q : q == 0 ? outer / 2 : outer - q; }
  LIMPID_HD InnerPoints points(int half, const InnerArgs& args) const {
    return {args.work + (row * outer + k1(half)) * kInner};
  }
  LIMPID_HD Complex* spectrum(std::int64_t channel, const InnerArgs& args) const {
    return args.spectra + (channel * (outer / 2) + q) * kSpectrum;
  }

  // The two columns of task t, the root of the first, and whether they mirror themselves.
  struct Task {
    Fft::Shared a_at, b_at;
    int a, b;
    Complex root;
    bool own;
  };
  LIMPID_HD Task task(int t, Complex* shared, const InnerArgs& args) const {
    const Fft::Shared row_a{shared}, row_b{shared + Fft::kPoints};
    const RowTables& tables = args.tables;
    if (q > 0)
      return {row_a, row_b, t, kTasks - 1 - t, args.outer_roots[q] * tables.column_roots[t], false};
    if (t < kRowThreads)
      return {row_a, row_a, tables.pairs[t].a, tables.pairs[t].b, tables.pair_roots[t], t == 0};
    const int c = t - kRowThreads;
    const Complex root = args.outer_roots[outer / 2] * tables.column_roots[c];
    return {row_b, row_b, c, kTasks - 1 - c, root, false};
  }
};

struct InnerConv {
  using Layout = InnerLayout;
  using Fft = Layout::Fft;
  using Args = InnerArgs;
  static constexpr int kThreads = Layout::kThreads, kShared = Layout::kShared;
  static constexpr int kStages = Fft::kStages, kPhases = 2 * kStages - 1;
  static std::int64_t blocks(const Args& args) { return Layout::blocks(args); }

  template <int Phase>
  LIMPID_HD static void run(int thread, std::int64_t block, Complex* shared, const Args& args) {
    const Layout layout(block, args);
    const int half = thread / Layout::kRowThreads, local = thread % Layout::kRowThreads;
    const Fft::Shared points{shared + half * Fft::kPoints};
    const InnerPoints row = layout.points(half, args);
    const Complex* twiddles = args.tables.twiddles;
    constexpr int kBack = kPhases - 1 - Phase;
    if constexpr (Phase == 0) {
      Fft::forward<0>(local, Layout::kRowThreads, row, points, twiddles);
    } else if constexpr (Phase < kStages - 1) {
      Fft::forward<Phase>(local, Layout::kRowThreads, points, points, twiddles);
    } else if constexpr (Phase == kStages - 1) {
      const auto task = layout.task(thread, shared, args);
      const Complex* filter =
          layout.spectrum((args.first + layout.row) / args.of_channel, args) + thread;
      multiply_columns(task.a_at, task.a, task.b_at, task.b, task.root, task.own,
                       SpectrumProduct{filter, Layout::kTasks});
    } else if constexpr (kBack > 0) {
      Fft::inverse<kBack>(local, Layout::kRowThreads, points, points, twiddles);
    } else {
      Fft::inverse<0>(local, Layout::kRowThreads, points, row, twiddles);
    }
  }
};

// Spectra of filters, after OuterForward<float>.
struct InnerFilter {
  using Layout = InnerLayout;
  using Fft = Layout::Fft;
  using Args = InnerArgs;
  static constexpr int kThreads = Layout::kThreads, kShared = Layout::kShared;
  static constexpr int kPhases = Fft::kStages;
  static std::int64_t blocks(const Args& args) { return Layout::blocks(args); }

  template <int Phase>
  LIMPID_HD static void run(int thread, std::int64_t block, Complex* shared, const Args& args) {
    const Layout layout(block, args);
    const int half = thread / Layout::kRowThreads, local = thread % Layout::kRowThreads;
    const Fft::Shared points{shared + half * Fft::kPoints};
    if constexpr (Phase == 0) {
      Fft::forward<0>(local, Layout::kRowThreads, layout.points(half, args), points,
                      args.tables.twiddles);
    } else if constexpr (Phase < kPhases - 1) {
      Fft::forward<Phase>(local, Layout::kRowThreads, points, points, args.tables.twiddles);
    } else {
      const auto task = layout.task(thread, shared, args);
      Complex* spectrum = layout.spectrum(args.first + layout.row, args) + thread;
      const float size = static_cast<float>(kInner) * static_cast<float>(args.outer);
      split_columns(task.a_at, task.a, task.b_at, task.b, task.root, task.own,
                    SpectrumSplit{spectrum, Layout::kTasks, 0.25f / size});
    }
  }
};

}  // namespace limpid::kernels::cuda
