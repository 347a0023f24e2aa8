// SPDX-License-Identifier: MIT
// A row that threads transform in their shared memory, phase by phase: forward stages, the middle,
// where every thread has a pair of columns, and inverse stages. A convolution is all of it; the
// spectrum of a filter ends in the middle.
#pragma once

#include "lib/kernels/cuda/block_fft.h"
#include "lib/kernels/cuda/fft_tables.h"
#include "lib/kernels/cuda/real_spectrum.h"

namespace limpid::kernels::cuda {

// SpectrumTables, fft_twiddles() and, where a kernel wants them, SparseTables, in its memory.
struct RowTables {
  const Complex* twiddles;
  const ColumnPair* pairs;
  const Complex* pair_roots;
  const Complex* column_roots;
  SparseRow sparse{};
};

// The nodes of the second stage.
template <bool kSparse>
LIMPID_HD auto nodes_of(const SparseRow& sparse) {
  if constexpr (kSparse) return SomeNodes{sparse.nodes, sparse.count};
  if constexpr (!kSparse) return AllNodes{};
}

template <class Fft, class Use, bool kSparse = false>
struct RowTransform {
  static constexpr int kStages = Fft::kStages;
  static constexpr int kPhases = Use::kReturns ? 2 * kStages - 1 : kStages;

  // The share of thread `local`, one of `threads`, in all stages but the middle one, in which it
  // has `task`. It is that of two columns of which nothing is left if not `busy`: they are zero
  // on the way back.
  template <int Phase, class From, class To>
  LIMPID_HD static void run(int local, int threads, From from, typename Fft::Shared points, To to,
                            const RowTables& tables, bool busy,
                            const ColumnTask<typename Fft::Shared>& task, Use use) {
    constexpr int kBack = kPhases - 1 - Phase;  // stage of the way back
    [[maybe_unused]] const auto nodes = nodes_of<kSparse>(tables.sparse);
    [[maybe_unused]] const Complex* twiddles = tables.twiddles;
    static_assert(kStages <= 3);
    if constexpr (Phase == kStages - 1) {
      if (busy) {
        transform_columns(task, use);
      } else if constexpr (Use::kReturns) {
        clear_columns(task);
      }
    } else if constexpr (Phase == 0) {
      Fft::from_samples(local, threads, from, points, twiddles);
    } else if constexpr (Phase < kStages - 1) {
      Fft::template forward<Phase>(local, threads, points, points, twiddles, Nothing{}, nodes);
    } else if constexpr (kBack > 0) {
      Fft::template inverse<kBack>(local, threads, points, points, twiddles, Nothing{}, nodes);
    } else {
      Fft::to_samples(local, threads, points, to, twiddles);
    }
  }
};

}  // namespace limpid::kernels::cuda
