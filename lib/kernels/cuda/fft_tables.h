// SPDX-License-Identifier: MIT
// Roots of unity and pairs of columns that the transforms read: made once on the CPU, in double.
#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>
#include <vector>

#include "lib/kernels/cuda/block_fft.h"
#include "lib/kernels/cuda/real_spectrum.h"

namespace limpid::kernels::cuda {

// exp(-2 pi i e / turn).
inline Complex root(std::int64_t e, std::int64_t turn) {
  const double angle =
      -2.0 * std::numbers::pi * static_cast<double>(e % turn) / static_cast<double>(turn);
  return {static_cast<float>(std::cos(angle)), static_cast<float>(std::sin(angle))};
}

// Of BlockFft<kLogSize>: twiddles, [stage][stored power][n2].
template <int kLogSize>
std::vector<Complex> fft_twiddles() {
  using Fft = BlockFft<kLogSize>;
  std::vector<Complex> table;
  for (int stage = 0; stage + 1 < Fft::kStages; ++stage) {
    const int radix = Fft::radix(stage), step = Fft::step(stage), low = low_powers(radix);
    for (int power = 1; power < radix; power += power < low ? 1 : low)
      for (int n2 = 0; n2 < step; ++n2)
        table.push_back(root(std::int64_t{n2} * power, radix * step));
  }
  return table;
}

// Two columns whose frequencies mirror each other.
struct ColumnPair {
  std::int32_t a, b;
};

// What the middle of a row transform of m = 2^kLogSize points reads, m >= 128.
struct SpectrumTables {
  std::vector<ColumnPair> pairs;      // [P / 2]; the first is (base 0, base P / 2)
  std::vector<Complex> pair_roots;    // W^base of each pair's column a; of the first, W^(P/2)
  std::vector<Complex> column_roots;  // [P]: W^base of every column
};

template <int kLogSize>
SpectrumTables spectrum_tables() {
  using Fft = BlockFft<kLogSize>;
  constexpr int kCount = Fft::kSize / kColumn, kTurn = 2 * Fft::kSize;
  std::vector<int> column_of(kCount);
  SpectrumTables tables;
  for (int c = 0; c < kCount; ++c) {
    const int base = Fft::frequency(c * kColumn);
    column_of[static_cast<std::size_t>(base)] = c;
    tables.column_roots.push_back(root(base, kTurn));
  }
  const int half = column_of[kCount / 2];
  tables.pairs.push_back({0, half});
  tables.pair_roots.push_back(root(kCount / 2, kTurn));
  // Columns in ascending order as far as possible: neighbouring threads read neighbouring banks.
  for (int c = 1; c < kCount; ++c) {
    const int base = Fft::frequency(c * kColumn);
    const int other = column_of[static_cast<std::size_t>(kCount - base)];
    if (c == half || other < c) continue;
    tables.pairs.push_back({c, other});
    tables.pair_roots.push_back(root(base, kTurn));
  }
  return tables;
}

}  // namespace limpid::kernels::cuda
