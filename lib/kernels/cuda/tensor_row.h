// SPDX-License-Identifier: MIT
// A row transform (row_transform.h) whose stages of radix 16, but for the middle, are done by the
// tensor cores: the same tables, the same order of frequencies, spectra that both can use.
#pragma once

#include "lib/kernels/cuda/row_transform.h"
#include "lib/kernels/cuda/tensor_dft.h"

namespace limpid::kernels::cuda {

// Sizes that have such stages, and rows of whole warps.
inline constexpr int kLogLeastTensor = 11, kLogMostTensor = 13;

template <class Fft>
constexpr bool on_tensor_cores(int stage) {
  return stage + 1 < Fft::kStages && Fft::radix(stage) == 16;
}

// A warp does 8 neighbouring butterflies at a time.
template <class Fft, int Stage>
struct TensorStage {
  static constexpr int kLeg = Fft::step(Stage), kTiles = Fft::kSize / 16 / 8;
  static_assert(kLeg % 16 == 0 && Fft::kColumns == 1);

  LIMPID_HD static int base(int butterfly) {
    return butterfly / kLeg * (kLeg * 16) + butterfly % kLeg;
  }
  // W^(leg n2), of those that BlockFft multiplies by.
  LIMPID_HD static Complex root(int leg, int butterfly, const Complex* twiddles) {
    const Complex* powers = twiddles + Fft::twiddle_begin(Stage) + butterfly % kLeg;
    const int high = leg / 4, low = leg % 4;
    const Complex a = high > 0 ? powers[(high + 2) * kLeg] : Complex{1, 0};
    return low > 0 ? a * powers[(low - 1) * kLeg] : a;
  }

  template <bool kInverse, class From, class To>
  LIMPID_HD static void run(int thread, int threads, From from, To to, bool half,
                            const RowTables& tables) {
    if (!Warp::works(thread)) return;
    DftFragments fragments[Warp::kLanes];
    LIMPID_UNROLL for (int i = 0; i < Warp::kLanes; ++i) fragments[i] =
        tables.fragments[Warp::lane(thread, i)];
    LIMPID_NO_UNROLL for (int tile = thread / 32; tile < kTiles; tile += threads / 32) {
      Complex v[Warp::kLanes][4];
      LIMPID_UNROLL for (int i = 0; i < Warp::kLanes; ++i) {
        const int lane = Warp::lane(thread, i), butterfly = tile * 8 + lane / 4;
        LIMPID_UNROLL for (int e = 0; e < 4; ++e) {
          const int leg = lane % 4 * 2 + e % 2 + e / 2 * 8;
          const bool silent = !kInverse && half && e >= 2;
          v[i][e] = silent ? Complex{0, 0} : from.template get<kLeg>(base(butterfly), leg);
          if constexpr (kInverse) v[i][e] = v[i][e] * root(leg, butterfly, tables.twiddles);
        }
      }
      Warp::wait();  // results go where other lanes have read
      tensor_dft(v, fragments);
      LIMPID_UNROLL for (int i = 0; i < Warp::kLanes; ++i) {
        const int lane = Warp::lane(thread, i);
        LIMPID_UNROLL for (int e = 0; e < 4; ++e) {
          const int leg = lane / 4 + e / 2 * 8, butterfly = tile * 8 + lane % 4 * 2 + e % 2;
          if constexpr (!kInverse) v[i][e] = v[i][e] * root(leg, butterfly, tables.twiddles);
          if (!kInverse || !half || e < 2) to.template set<kLeg>(base(butterfly), leg, v[i][e]);
        }
      }
    }
  }
};

template <class Fft, class Use, bool kSparse>
struct TensorRow {
  static_assert(!kSparse);
  static constexpr int kStages = Fft::kStages;
  static constexpr int kPhases = Use::kReturns ? 2 * kStages - 1 : kStages;

  template <int Phase, class From, class To>
  LIMPID_HD static void run(int local, int threads, From from, typename Fft::Shared points, To to,
                            const RowTables& tables, bool busy,
                            const ColumnTask<typename Fft::Shared>& task, Use use) {
    constexpr int kStage = Phase < kStages ? Phase : kPhases - 1 - Phase;
    if constexpr (!on_tensor_cores<Fft>(kStage)) {
      RowTransform<Fft, Use>::template run<Phase>(local, threads, from, points, to, tables, busy,
                                                  task, use);
    } else if constexpr (Phase == 0) {
      TensorStage<Fft, 0>::template run<false>(local, threads, from, points, from.half(), tables);
    } else if constexpr (Phase < kStages) {
      TensorStage<Fft, kStage>::template run<false>(local, threads, points, points, false, tables);
    } else if constexpr (kStage > 0) {
      TensorStage<Fft, kStage>::template run<true>(local, threads, points, points, false, tables);
    } else {
      TensorStage<Fft, 0>::template run<true>(local, threads, points, to, to.half(), tables);
    }
  }
};

}  // namespace limpid::kernels::cuda
