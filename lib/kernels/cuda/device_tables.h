// SPDX-License-Identifier: MIT
// The tables of a row transform in the device's memory.
#pragma once

#include "lib/kernels/cuda/row_transform.h"
#include "lib/kernels/cuda/sparse_tables.h"
#include "lib/kernels/cuda/status.h"

namespace limpid::kernels::cuda {

struct DeviceTables {
  DeviceArray<Complex> twiddles, pair_roots, column_roots;
  DeviceArray<ColumnPair> pairs;
  DeviceArray<std::int32_t> nodes;
  SparseRow sparse;

  RowTables view() const {
    return {twiddles.get(), pairs.get(), pair_roots.get(), column_roots.get(), sparse};
  }
};

// Of BlockFft<log_size>, 7 .. 14; `kept` is the pattern of a sparse filter, or empty.
Result<DeviceTables> device_tables(int log_size, const Pattern& kept = {});

// Only the twiddles, log_size 3 .. 9: of the columns of a transform in three passes.
Result<DeviceArray<Complex>> device_twiddles(int log_size);

}  // namespace limpid::kernels::cuda
