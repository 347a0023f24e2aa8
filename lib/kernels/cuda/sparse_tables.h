// SPDX-License-Identifier: MIT
// What frequency-sparse convolutions leave out, worked out once on the CPU. A pattern says of every
// residue of frequencies, modulo its size, whether it stays; it is symmetric, as filters are real.
#pragma once

#include <cstdint>
#include <vector>

#include "lib/kernels/cuda/fft_tables.h"

namespace limpid::kernels::cuda {

using Pattern = std::vector<std::uint8_t>;  // a power of two of them

// Whether any frequency stays that is `residue` modulo `modulus`, a power of two.
inline bool keeps_any(const Pattern& kept, std::int64_t residue, std::int64_t modulus) {
  const auto size = static_cast<std::int64_t>(kept.size());
  for (std::int64_t k = residue % size; k < size; k += modulus)
    if (kept[static_cast<std::size_t>(k)] != 0) return true;
  return false;
}

// Of a row in one block: what SparseRow points to, and the pairs of SpectrumTables, those that stay
// first.
struct SparseTables {
  std::vector<std::int32_t> nodes;
  std::vector<ColumnPair> pairs;
  std::vector<Complex> pair_roots;
  SparseRow row{};  // without the pointer
};

template <int kLogSize>
SparseTables sparse_tables(const Pattern& kept) {
  using Fft = BlockFft<kLogSize>;
  SparseTables tables;
  const int nodes = Fft::kStages > 2 ? Fft::radix(0) : 0;
  for (int node = 0; node < nodes; ++node)
    if (keeps_any(kept, Fft::frequency(node * Fft::step(0)), nodes)) tables.nodes.push_back(node);
  const SpectrumTables all = spectrum_tables<kLogSize>();
  for (const bool stays : {true, false}) {
    for (std::size_t i = 0; i < all.pairs.size(); ++i) {
      const int k = Fft::frequency(all.pairs[i].a * kColumn);
      if (keeps_any(kept, k, Fft::kSize / kColumn) != stays) continue;
      if (i == 0) tables.row.begins_own = stays;
      tables.pairs.push_back(all.pairs[i]);
      tables.pair_roots.push_back(all.pair_roots[i]);
    }
    if (stays) tables.row.pairs = static_cast<std::int32_t>(tables.pairs.size());
  }
  tables.row.count = static_cast<std::int32_t>(tables.nodes.size());
  return tables;
}

// Of a convolution in three passes: the rows of its matrix, which come in pairs q and outer - q (of
// q = 0: 0 and outer / 2). Both stay, or neither.
struct SparseOuter {
  std::vector<std::uint8_t> rows;   // [outer]
  std::vector<std::int32_t> pairs;  // those q that stay, and one more
};

inline SparseOuter sparse_outer(const Pattern& kept, int outer) {
  SparseOuter sparse{std::vector<std::uint8_t>(static_cast<std::size_t>(outer)), {}};
  for (int q = 0; q < outer / 2; ++q) {
    const int other = q == 0 ? outer / 2 : outer - q;
    if (!keeps_any(kept, q, outer) && !keeps_any(kept, other, outer)) continue;
    sparse.rows[static_cast<std::size_t>(q)] = sparse.rows[static_cast<std::size_t>(other)] = 1;
    sparse.pairs.push_back(q);
  }
  sparse.pairs.push_back(0);
  return sparse;
}

}  // namespace limpid::kernels::cuda
