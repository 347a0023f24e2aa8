// SPDX-License-Identifier: MIT
// Convolutions of more points than a block can hold, in three passes: m = outer x inner points as a
// matrix, n = inner n1 + n2, k = k1 + outer k2.
//
//   1. OuterForward  (outer_pass.h) transforms columns and multiplies by exp(-2 pi i k1 n2 / m);
//   writes [k1][n2]
//   2. InnerConv     transforms rows, multiplies spectra, transforms back, in place
//   3. OuterInverse  the columns' way back
//
// Frequencies k and m - k lie in rows k1 and outer - k1, so a block of the second pass takes both.
// The caller does few enough rows of audio at a time that what is between the passes stays in the
// cache.
#pragma once

#include "lib/kernels/cuda/outer_pass.h"
#include "lib/kernels/cuda/row_transform.h"

namespace limpid::kernels::cuda {

// One row of the matrix.
struct InnerPoints {
  Complex* row;
  LIMPID_HD static constexpr bool half() { return false; }
  template <int kLeg>
  LIMPID_HD Complex get(int base, int leg) const {
    return row[base + leg * kLeg];
  }
  template <int kLeg>
  LIMPID_HD void set(int base, int leg, Complex value) const {
    row[base + leg * kLeg] = value;
  }
};

// What a sparse filter keeps (SparseOuter): pairs of rows, and, as spectra of filters are made, of
// frequencies modulo mask + 1.
struct SparseInner {
  const std::int32_t* pairs;  // null: all
  std::int32_t count;
  const std::uint8_t* kept;  // null: all
  std::int32_t mask;
};

struct InnerArgs {
  Complex* work;                          // [count][outer][inner]
  std::int64_t first, count, of_channel;  // segments; as many of them share a filter
  int outer;
  Complex* spectra;  // [channel][pair of rows][slot][task]
  RowTables tables;
  const Complex* outer_roots;  // [outer / 2 + 1]: exp(-2 pi i k1 / 2m)
  SparseInner sparse{};

  LIMPID_HD int pairs() const { return sparse.pairs == nullptr ? outer / 2 : sparse.count; }
};

// Rows q and outer - q; of q = 0, which mirrors itself, rows 0 and outer / 2.
struct InnerLayout {
  using Fft = BlockFft<kLogInner>;
  static constexpr int kTasks = kInner / kColumn, kThreads = kTasks;
  static constexpr int kRowThreads = kThreads / 2;  // of a row, but for the middle
  static constexpr int kShared = 2 * Fft::kPoints;
  static constexpr int kSpectrum = kSlots * kTasks;
  static std::int64_t blocks(const InnerArgs& args) { return args.count * args.pairs(); }

  std::int64_t row;    // of audio, from 0
  int pair, q, outer;  // the pair is that of q
  LIMPID_HD InnerLayout(std::int64_t block, const InnerArgs& args)
      : row(block / args.pairs()),
        pair(static_cast<int>(block % args.pairs())),
        q(args.sparse.pairs == nullptr ? pair : args.sparse.pairs[pair]),
        outer(args.outer) {}

  LIMPID_HD int k1(int half) const { return half == 0 ? q : q == 0 ? outer / 2 : outer - q; }
  LIMPID_HD InnerPoints points(int half, const InnerArgs& args) const {
    return {args.work + (row * outer + k1(half)) * kInner};
  }
  LIMPID_HD Complex* spectrum(std::int64_t channel, const InnerArgs& args) const {
    return args.spectra + (channel * args.pairs() + pair) * kSpectrum;
  }

  // The two columns of thread t.
  using Task = ColumnTask<Fft::Shared>;
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
  // Whether the frequencies of thread t's columns stay: all of a column do, or none.
  LIMPID_HD bool keeps(int t, const InnerArgs& args) const {
    if (args.sparse.kept == nullptr) return true;
    const bool first = q > 0 || t < kRowThreads;
    const int column = q > 0 ? t : first ? args.tables.pairs[t].a : t - kRowThreads;
    const int k = (first ? q : outer / 2) + outer * Fft::frequency(column * kColumn);
    return args.sparse.kept[k & args.sparse.mask] != 0;
  }
};

// What both programs are made of. Derived::use() says what becomes of a pair of frequencies.
template <class Derived, class Use>
struct InnerProgram {
  using Layout = InnerLayout;
  using Fft = Layout::Fft;
  using Args = InnerArgs;
  using Transform = RowTransform<Fft, Use>;
  static constexpr int kThreads = Layout::kThreads, kShared = Layout::kShared;
  static constexpr int kPhases = Transform::kPhases;
  static std::int64_t blocks(const Args& args) { return Layout::blocks(args); }

  template <int Phase>
  LIMPID_HD static void run(int thread, std::int64_t block, Complex* shared, const Args& args) {
    const Layout layout(block, args);
    const int half = thread / Layout::kRowThreads, local = thread % Layout::kRowThreads;
    const InnerPoints row = layout.points(half, args);
    Complex* spectrum = layout.spectrum((args.first + layout.row) / args.of_channel, args) + thread;
    Transform::template run<Phase>(local, Layout::kRowThreads, row, {shared + half * Fft::kPoints},
                                   row, args.tables, true, layout.task(thread, shared, args),
                                   Derived::use(spectrum, layout.keeps(thread, args), args));
  }
};

struct InnerConv : InnerProgram<InnerConv, SpectrumProduct> {
  LIMPID_HD static SpectrumProduct use(const Complex* spectrum, bool, const InnerArgs&) {
    return {spectrum, InnerLayout::kTasks};
  }
};

// Spectra of filters, after OuterForward<float>.
struct InnerFilter : InnerProgram<InnerFilter, SpectrumSplit> {
  LIMPID_HD static SpectrumSplit use(Complex* spectrum, bool keeps, const InnerArgs& args) {
    const float size = static_cast<float>(kInner) * static_cast<float>(args.outer);
    return {spectrum, InnerLayout::kTasks, keeps ? 0.25f / size : 0.0f};
  }
};

}  // namespace limpid::kernels::cuda
