// SPDX-License-Identifier: MIT
// The columns of a convolution in three passes (split_conv.h): there, times exp(-2 pi i k1 n2 / m),
// and back.
#pragma once

#include <cmath>

#include "lib/kernels/cuda/block_fft.h"
#include "lib/kernels/cuda/signal_row.h"

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
  LIMPID_HD bool half() const { return row.shape.half != 0; }
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
  LIMPID_HD bool half() const { return row.shape.half != 0; }
  template <int kLeg>
  LIMPID_HD void set(int base, int leg, Complex value) const {
    constexpr int kTile = OuterLayout<kLogOuter>::kTile;
    row.store((base / kTile + leg * (kLeg / kTile)) * kInner + tile.column(base), swapped(value));
  }
};
// The matrix between the passes, rows in the order of their frequencies. Those that a sparse filter
// does not keep are neither written nor read: they are zero.
template <int kLogOuter>
struct OuterMatrix {
  Complex* work;
  const std::uint8_t* kept;  // [outer]; null: all
  OuterColumn<kLogOuter> tile;
  template <int kLeg>
  LIMPID_HD static int row(int base, int leg) {
    using Layout = OuterLayout<kLogOuter>;
    constexpr int kTile = Layout::kTile, kLast = Layout::Fft::radix(Layout::Fft::kStages - 1);
    static_assert(kLeg == kTile);  // the last stage
    return Layout::Fft::frequency(base / kTile) + leg * (Layout::kOuter / kLast);
  }
  template <int kLeg>
  LIMPID_HD Complex get(int base, int leg) const {
    const int k1 = row<kLeg>(base, leg);
    if (kept != nullptr && kept[k1] == 0) return {0, 0};
    return work[k1 * kInner + tile.column(base)];
  }
  template <int kLeg>
  LIMPID_HD void set(int base, int leg, Complex value) const {
    const int k1 = row<kLeg>(base, leg);
    if (kept == nullptr || kept[k1] != 0) work[k1 * kInner + tile.column(base)] = value;
  }
};

// What both passes are told: segments first .. first + count - 1 of the call.
template <class T>
struct OuterArgs {
  Rows<T> rows;
  std::int64_t first, count;
  Complex* work;  // [count][outer][inner]
  const Complex* twiddles;
  const std::uint8_t* kept = nullptr;  // rows of the matrix; null: all
};

// What both passes are made of: a block's columns, in the audio, in its memory, in the matrix.
template <class T, int kLogOuter>
struct OuterPass {
  using Layout = OuterLayout<kLogOuter>;
  using Fft = typename Layout::Fft;
  using Args = OuterArgs<T>;
  static constexpr int kThreads = Layout::kThreads, kShared = Layout::kShared;
  static constexpr int kPhases = Fft::kStages;
  static std::int64_t blocks(const Args& args) { return args.count * Layout::kTiles; }

 protected:
  struct Block {
    OuterColumn<kLogOuter> tile;
    OuterSamples<T, kLogOuter> samples;
    OuterResults<T, kLogOuter> results;
    OuterMatrix<kLogOuter> matrix;
    typename Fft::Shared points;
  };
  LIMPID_HD static Block block_of(std::int64_t block, Complex* shared, const Args& args) {
    const std::int64_t row = block / Layout::kTiles;
    const OuterColumn<kLogOuter> tile{static_cast<int>(block % Layout::kTiles) * Layout::kTile};
    return {tile,
            {args.rows.input(args.first + row), tile},
            {args.rows.output(args.first + row), tile},
            {args.work + row * Layout::kSize, args.kept, tile},
            {shared}};
  }
};

template <class T, int kLogOuter>
struct OuterForward : OuterPass<T, kLogOuter> {
  using Base = OuterPass<T, kLogOuter>;
  using Fft = typename Base::Fft;

  template <int Phase>
  LIMPID_HD static void run(int thread, std::int64_t block, Complex* shared,
                            const OuterArgs<T>& args) {
    const auto at = Base::block_of(block, shared, args);
    if constexpr (Base::kPhases == 1) {
      Fft::from_samples(thread, Base::kThreads, at.samples, at.matrix, args.twiddles, at.tile);
    } else if constexpr (Phase == 0) {
      Fft::from_samples(thread, Base::kThreads, at.samples, at.points, args.twiddles);
    } else {
      Fft::template forward<1>(thread, Base::kThreads, at.points, at.matrix, args.twiddles,
                               at.tile);
    }
  }
};

template <class T, int kLogOuter>
struct OuterInverse : OuterPass<T, kLogOuter> {
  using Base = OuterPass<T, kLogOuter>;
  using Fft = typename Base::Fft;

  template <int Phase>
  LIMPID_HD static void run(int thread, std::int64_t block, Complex* shared,
                            const OuterArgs<T>& args) {
    const auto at = Base::block_of(block, shared, args);
    if constexpr (Base::kPhases == 1) {
      Fft::to_samples(thread, Base::kThreads, at.matrix, at.results, args.twiddles, at.tile);
    } else if constexpr (Phase == 0) {
      Fft::template inverse<1>(thread, Base::kThreads, at.matrix, at.points, args.twiddles,
                               at.tile);
    } else {
      Fft::to_samples(thread, Base::kThreads, at.points, at.results, args.twiddles);
    }
  }
};

}  // namespace limpid::kernels::cuda
