// SPDX-License-Identifier: MIT
#include "lib/kernels/cuda/device_tables.h"

namespace limpid::kernels::cuda {
namespace {

std::vector<Complex> twiddles_of(int log_size) {
  switch (log_size) {
    case 3:
      return fft_twiddles<3>();
    case 4:
      return fft_twiddles<4>();
    case 5:
      return fft_twiddles<5>();
    case 6:
      return fft_twiddles<6>();
    case 7:
      return fft_twiddles<7>();
    case 8:
      return fft_twiddles<8>();
    case 9:
      return fft_twiddles<9>();
    case 10:
      return fft_twiddles<10>();
    case 11:
      return fft_twiddles<11>();
    case 12:
      return fft_twiddles<12>();
    case 13:
      return fft_twiddles<13>();
    default:
      return fft_twiddles<14>();
  }
}

SpectrumTables spectrum_tables_of(int log_size) {
  switch (log_size) {
    case 7:
      return spectrum_tables<7>();
    case 8:
      return spectrum_tables<8>();
    case 9:
      return spectrum_tables<9>();
    case 10:
      return spectrum_tables<10>();
    case 11:
      return spectrum_tables<11>();
    case 12:
      return spectrum_tables<12>();
    case 13:
      return spectrum_tables<13>();
    default:
      return spectrum_tables<14>();
  }
}

}  // namespace

Result<DeviceArray<Complex>> device_twiddles(int log_size) {
  return uploaded<Complex>(twiddles_of(log_size));
}

Result<DeviceTables> device_tables(int log_size) {
  const SpectrumTables host = spectrum_tables_of(log_size);
  auto twiddles = device_twiddles(log_size);
  if (!twiddles) return twiddles.error();
  auto pairs = uploaded<ColumnPair>(host.pairs);
  if (!pairs) return pairs.error();
  auto pair_roots = uploaded<Complex>(host.pair_roots);
  if (!pair_roots) return pair_roots.error();
  auto column_roots = uploaded<Complex>(host.column_roots);
  if (!column_roots) return column_roots.error();
  return DeviceTables{*std::move(twiddles), *std::move(pair_roots), *std::move(column_roots),
                      *std::move(pairs)};
}

}  // namespace limpid::kernels::cuda
