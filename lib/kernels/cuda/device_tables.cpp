// SPDX-License-Identifier: MIT
#include "lib/kernels/cuda/device_tables.h"

#include "lib/kernels/cuda/constants.h"

namespace limpid::kernels::cuda {
namespace {

// What of a transform's tables a convolution uses: of a sparse one, less.
struct HostTables {
  SpectrumTables spectrum;
  std::vector<std::int32_t> nodes;
  SparseRow sparse{};
};

HostTables host_tables(int log_size, const Pattern& kept) {
  return with_constant<7, 14>(log_size, [&](auto size) {
    HostTables host{spectrum_tables<size>(), {}};
    if (kept.empty()) return host;
    SparseTables some = sparse_tables<size>(kept);
    host.spectrum.pairs = std::move(some.pairs);
    host.spectrum.pair_roots = std::move(some.pair_roots);
    host.nodes = std::move(some.nodes);
    host.sparse = some.row;
    return host;
  });
}

}  // namespace

Result<DeviceArray<Complex>> device_twiddles(int log_size) {
  return uploaded<Complex>(
      with_constant<3, 14>(log_size, [](auto size) { return fft_twiddles<size>(); }));
}

Result<DeviceTables> device_tables(int log_size, const Pattern& kept) {
  const HostTables host = host_tables(log_size, kept);
  auto twiddles = device_twiddles(log_size);
  if (!twiddles) return twiddles.error();
  auto pairs = uploaded<ColumnPair>(host.spectrum.pairs);
  if (!pairs) return pairs.error();
  auto pair_roots = uploaded<Complex>(host.spectrum.pair_roots);
  if (!pair_roots) return pair_roots.error();
  auto column_roots = uploaded<Complex>(host.spectrum.column_roots);
  if (!column_roots) return column_roots.error();
  auto nodes = uploaded<std::int32_t>(host.nodes);
  if (!nodes) return nodes.error();
  DeviceTables tables{*std::move(twiddles), *std::move(pair_roots), *std::move(column_roots),
                      *std::move(pairs),    *std::move(nodes),      host.sparse};
  tables.sparse.nodes = tables.nodes.get();
  return tables;
}

}  // namespace limpid::kernels::cuda
