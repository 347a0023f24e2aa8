// SPDX-License-Identifier: MIT
// A whole convolution in one kernel: rows of up to 32768 transform points (FlashFFTConv's fusion,
// Fu et al. 2023, with a real transform of half the size and without tensor cores).
//
// Global memory sees u, the gates, the filter's spectrum and y, nothing in between. A block does
// one row, or several short ones.
#pragma once

#include "lib/kernels/cuda/row_transform.h"
#include "lib/kernels/cuda/signal_row.h"

namespace limpid::kernels::cuda {

// How the threads of a block share rows of 2^kLogSize points.
template <int kLogSize>
struct FusedLayout {
  using Fft = BlockFft<kLogSize>;
  static constexpr int kPairs = Fft::kSize / kSlots;  // of columns in a row
  static constexpr int kRowThreads = kPairs;
  static constexpr int kRows = kRowThreads < 128 ? 128 / kRowThreads : 1;
  static constexpr int kThreads = kRows * kRowThreads;
  static constexpr int kShared = kRows * Fft::kPoints;  // Complex

  LIMPID_HD static std::int64_t row(int thread, std::int64_t block) {
    return block * kRows + thread / kRowThreads;
  }
  LIMPID_HD static int local(int thread) { return thread % kRowThreads; }
  LIMPID_HD static typename Fft::Shared points(int thread, Complex* shared) {
    return {shared + thread / kRowThreads * Fft::kPoints};
  }
};

// What both programs are made of.
template <class Arguments, int kLogSize, class Use, bool kSparse>
struct FusedProgram {
  using Args = Arguments;
  using Layout = FusedLayout<kLogSize>;
  using Transform = RowTransform<typename Layout::Fft, Use, kSparse>;
  static constexpr int kThreads = Layout::kThreads, kShared = Layout::kShared;
  static constexpr int kPhases = Transform::kPhases;

  static std::int64_t blocks(const Args& args) {
    return (args.rows.count() + Layout::kRows - 1) / Layout::kRows;
  }

 protected:
  // Where a thread's first value of a spectrum is.
  LIMPID_HD static std::int64_t slot(std::int64_t channel, int thread) {
    return channel * (kSlots * Layout::kPairs) + Layout::local(thread);
  }

  template <int Phase, class From, class To>
  LIMPID_HD static void run_row(int thread, Complex* shared, From from, To to,
                                const RowTables& tables, Use use) {
    const int local = Layout::local(thread);
    const auto points = Layout::points(thread, shared);
    const bool busy = !kSparse || local < tables.sparse.pairs;
    const bool own = local == 0 && (!kSparse || tables.sparse.begins_own != 0);
    const ColumnPair pair = tables.pairs[local];
    const Complex root = tables.pair_roots[local];
    Transform::template run<Phase>(local, Layout::kRowThreads, from, points, to, tables, busy,
                                   {points, points, pair.a, pair.b, root, own}, use);
  }
};

template <class T>
struct FusedConvArgs {
  Rows<T> rows;
  const Complex* spectra;  // [channel][slot][pair]
  RowTables tables;
};

template <class T, int kLogSize, bool kSparse = false>
struct FusedConv : FusedProgram<FusedConvArgs<T>, kLogSize, SpectrumProduct, kSparse> {
  using Base = FusedProgram<FusedConvArgs<T>, kLogSize, SpectrumProduct, kSparse>;

  template <int Phase>
  LIMPID_HD static void run(int thread, std::int64_t block, Complex* shared,
                            const FusedConvArgs<T>& args) {
    const std::int64_t row = Base::Layout::row(thread, block);
    if (row >= args.rows.count()) return;
    const Complex* filter = args.spectra + Base::slot(args.rows.channel(row), thread);
    Base::template run_row<Phase>(thread, shared, RowPoints<T>{args.rows.input(row)},
                                  RowResults<T>{args.rows.output(row)}, args.tables,
                                  SpectrumProduct{filter, Base::Layout::kPairs});
  }
};

struct FusedFilterArgs {
  Rows<float> rows;  // [channel][taps]: one lane, only u is read
  Complex* spectra;
  RowTables tables;
};

// Spectra of filters for FusedConv.
template <int kLogSize, bool kSparse = false>
struct FusedFilter : FusedProgram<FusedFilterArgs, kLogSize, SpectrumSplit, kSparse> {
  using Base = FusedProgram<FusedFilterArgs, kLogSize, SpectrumSplit, kSparse>;
  using Layout = typename Base::Layout;

  template <int Phase>
  LIMPID_HD static void run(int thread, std::int64_t block, Complex* shared,
                            const FusedFilterArgs& args) {
    const std::int64_t channel = Layout::row(thread, block);
    if (channel >= args.rows.count()) return;
    Complex* spectrum = args.spectra + Base::slot(channel, thread);
    Base::template run_row<Phase>(
        thread, shared, RowPoints<float>{args.rows.input(channel)}, Layout::points(thread, shared),
        args.tables, SpectrumSplit{spectrum, Layout::kPairs, 0.25f / Layout::Fft::kSize});
  }
};

}  // namespace limpid::kernels::cuda
