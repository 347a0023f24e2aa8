// SPDX-License-Identifier: MIT
// A whole convolution in one kernel: rows of up to 32768 transform points (FlashFFTConv's fusion,
// Fu et al. 2023, with a real transform of half the size and without tensor cores).
//
// Global memory sees u, the gates, the filter's spectrum and y, nothing in between. A block does
// one row, or several short ones.
#pragma once

#include "lib/kernels/cuda/block_fft.h"
#include "lib/kernels/cuda/fft_tables.h"
#include "lib/kernels/cuda/real_spectrum.h"
#include "lib/kernels/cuda/signal_row.h"

namespace limpid::kernels::cuda {

// SpectrumTables and fft_twiddles() where the kernel can read them.
struct RowTables {
  const Complex* twiddles;
  const ColumnPair* pairs;
  const Complex* pair_roots;
  const Complex* column_roots;
};

// How the threads of a block share rows of 2^kLogSize points.
template <int kLogSize>
struct FusedLayout {
  using Fft = BlockFft<kLogSize>;
  static constexpr int kPairs = Fft::kSize / kSlots;  // of columns in a row
  static constexpr int kRowThreads = kPairs;
  static constexpr int kRows = kRowThreads < 128 ? 128 / kRowThreads : 1;
  static constexpr int kThreads = kRows * kRowThreads;
  static constexpr int kShared = kRows * Fft::kPoints;  // Complex
  static constexpr int kSpectrum = kSlots * kPairs;     // Complex of a filter

  LIMPID_HD static std::int64_t row(int thread, std::int64_t block) {
    return block * kRows + thread / kRowThreads;
  }
  LIMPID_HD static typename Fft::Shared points(int thread, Complex* shared) {
    return {shared + thread / kRowThreads * Fft::kPoints};
  }
};

template <class T>
struct FusedConvArgs {
  Rows<T> rows;
  const Complex* spectra;  // [channel][slot][pair]
  RowTables tables;
};

template <class T, int kLogSize>
struct FusedConv {
  using Layout = FusedLayout<kLogSize>;
  using Fft = typename Layout::Fft;
  static constexpr int kThreads = Layout::kThreads, kShared = Layout::kShared;
  static constexpr int kStages = Fft::kStages, kPhases = 2 * kStages - 1;

  using Args = FusedConvArgs<T>;
  static std::int64_t blocks(const Args& args) {
    return (args.rows.count() + Layout::kRows - 1) / Layout::kRows;
  }

  template <int Phase>
  LIMPID_HD static void run(int thread, std::int64_t block, Complex* shared, const Args& args) {
    const std::int64_t row = Layout::row(thread, block);
    if (row >= args.rows.count()) return;
    const auto points = Layout::points(thread, shared);
    const int local = thread % Layout::kRowThreads;
    const Complex* twiddles = args.tables.twiddles;
    constexpr int kBack = kPhases - 1 - Phase;  // stage of the way back
    if constexpr (Phase == 0) {
      const RowPoints<T> samples{args.rows.input(row)};
      Fft::template forward<0>(local, Layout::kRowThreads, samples, points, twiddles);
    } else if constexpr (Phase < kStages - 1) {
      Fft::template forward<Phase>(local, Layout::kRowThreads, points, points, twiddles);
    } else if constexpr (Phase == kStages - 1) {
      const ColumnPair pair = args.tables.pairs[local];
      const Complex* filter = args.spectra + args.rows.channel(row) * Layout::kSpectrum + local;
      multiply_columns(points, pair.a, points, pair.b, args.tables.pair_roots[local], local == 0,
                       SpectrumProduct{filter, Layout::kPairs});
    } else if constexpr (kBack > 0) {
      Fft::template inverse<kBack>(local, Layout::kRowThreads, points, points, twiddles);
    } else {
      const RowResults<T> results{args.rows.output(row)};
      Fft::template inverse<0>(local, Layout::kRowThreads, points, results, twiddles);
    }
  }
};

struct FusedFilterArgs {
  Rows<float> rows;  // [channel][taps]: one lane, only u is read
  Complex* spectra;
  RowTables tables;
};

// Spectra of filters for FusedConv.
template <int kLogSize>
struct FusedFilter {
  using Layout = FusedLayout<kLogSize>;
  using Fft = typename Layout::Fft;
  static constexpr int kThreads = Layout::kThreads, kShared = Layout::kShared;
  static constexpr int kPhases = Fft::kStages;

  using Args = FusedFilterArgs;
  static std::int64_t blocks(const Args& args) {
    return (args.rows.count() + Layout::kRows - 1) / Layout::kRows;
  }

  template <int Phase>
  LIMPID_HD static void run(int thread, std::int64_t block, Complex* shared, const Args& args) {
    const std::int64_t channel = Layout::row(thread, block);
    if (channel >= args.rows.count()) return;
    const auto points = Layout::points(thread, shared);
    const int local = thread % Layout::kRowThreads;
    const Complex* twiddles = args.tables.twiddles;
    if constexpr (Phase == 0) {
      const RowPoints<float> taps{args.rows.input(channel)};
      Fft::template forward<0>(local, Layout::kRowThreads, taps, points, twiddles);
    } else if constexpr (Phase < kPhases - 1) {
      Fft::template forward<Phase>(local, Layout::kRowThreads, points, points, twiddles);
    } else {
      const ColumnPair pair = args.tables.pairs[local];
      Complex* spectrum = args.spectra + channel * Layout::kSpectrum + local;
      split_columns(points, pair.a, points, pair.b, args.tables.pair_roots[local], local == 0,
                    SpectrumSplit{spectrum, Layout::kPairs, 0.25f / Fft::kSize});
    }
  }
};

}  // namespace limpid::kernels::cuda
