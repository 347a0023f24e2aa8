// SPDX-License-Identifier: MIT
// Which parts of a transform a stage works on. A frequency-sparse filter keeps only some residues
// of frequencies; those are nodes of the digit order, and a node without any is never computed.
#pragma once

#include "lib/kernels/cuda/host_device.h"

namespace limpid::kernels::cuda {

struct AllNodes {
  LIMPID_HD int count(int all) const { return all; }
  LIMPID_HD int at(int i) const { return i; }
};
struct SomeNodes {
  const std::int32_t* nodes;
  int size;
  LIMPID_HD int count(int) const { return size; }
  LIMPID_HD int at(int i) const { return nodes[i]; }
};

// Of a row of up to three stages, the first of which is whole.
struct SparseRow {
  const std::int32_t* nodes;  // of the second stage
  std::int32_t count;         // of them
  std::int32_t pairs;         // of columns that stay; the others come behind, in RowTables::pairs
  std::int32_t begins_own;    // the first pair is the one of columns that mirror themselves
};

}  // namespace limpid::kernels::cuda
