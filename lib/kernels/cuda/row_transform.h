// SPDX-License-Identifier: MIT
// A row that threads transform in their shared memory, phase by phase: forward stages, the middle,
// where every thread has a pair of columns, and inverse stages. A convolution is all of it; the
// spectrum of a filter ends in the middle.
#pragma once

#include "lib/kernels/cuda/block_fft.h"
#include "lib/kernels/cuda/fft_tables.h"
#include "lib/kernels/cuda/real_spectrum.h"

namespace limpid::kernels::cuda {

// SpectrumTables and fft_twiddles() where the kernel can read them.
struct RowTables {
  const Complex* twiddles;
  const ColumnPair* pairs;
  const Complex* pair_roots;
  const Complex* column_roots;
};

template <class Fft, class Use>
struct RowTransform {
  static constexpr int kStages = Fft::kStages;
  static constexpr int kPhases = Use::kReturns ? 2 * kStages - 1 : kStages;

  // The share of thread `local`, one of `threads`, in all stages but the middle one.
  template <int Phase, class From, class To>
  LIMPID_HD static void run(int local, int threads, From from, typename Fft::Shared points, To to,
                            const Complex* twiddles, const ColumnTask<typename Fft::Shared>& task,
                            Use use) {
    constexpr int kBack = kPhases - 1 - Phase;  // stage of the way back
    if constexpr (Phase == kStages - 1) {
      transform_columns(task, use);
    } else if constexpr (Phase == 0) {
      Fft::from_samples(local, threads, from, points, twiddles);
    } else if constexpr (Phase < kStages - 1) {
      Fft::template forward<Phase>(local, threads, points, points, twiddles);
    } else if constexpr (kBack > 0) {
      Fft::template inverse<kBack>(local, threads, points, points, twiddles);
    } else {
      Fft::to_samples(local, threads, points, to, twiddles);
    }
  }
};

}  // namespace limpid::kernels::cuda
