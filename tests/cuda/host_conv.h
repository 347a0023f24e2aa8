// SPDX-License-Identifier: MIT
// A long convolution done by the GPU's programs on the CPU.
#pragma once

#include "lib/kernels/cuda/constants.h"
#include "lib/kernels/cuda/conv_plan.h"
#include "lib/kernels/cuda/fused_conv.h"
#include "lib/kernels/cuda/sparse_tables.h"
#include "lib/kernels/cuda/split_conv.h"
#include "tests/cuda/conv_fixture.h"

namespace limpid::kernels::cuda {

template <int kLogSize>
struct HostTables {
  std::vector<Complex> twiddles = fft_twiddles<kLogSize>();
  SpectrumTables spectrum = spectrum_tables<kLogSize>();
  SparseTables sparse;

  explicit HostTables(const Pattern& kept = {}) {
    if (kept.empty()) return;
    sparse = sparse_tables<kLogSize>(kept);
    sparse.row.nodes = sparse.nodes.data();
  }
  RowTables view() const {
    const bool all = sparse.pairs.empty();
    return {twiddles.data(), all ? spectrum.pairs.data() : sparse.pairs.data(),
            all ? spectrum.pair_roots.data() : sparse.pair_roots.data(),
            spectrum.column_roots.data(), sparse.row};
  }
};

// y must have room for a result; `aligned` false: as if the memory did not allow pairs.
template <class T>
void host_conv(const ConvData<T>& data, const ConvPlan& plan, T* y, bool aligned = true,
               std::int64_t rows_at_once = 2) {
  const LongConvSpec& spec = data.spec;
  RowShape shape = plan.row;
  if (!aligned) shape.paired = 0;
  const Rows<T> rows{data.u.data(), data.in(),     data.out(),  y,
                     spec.lanes,    spec.channels, spec.length, shape};
  const Rows<float> filters{data.filters.data(), nullptr,   nullptr,    nullptr, 1,
                            spec.channels,       spec.taps, plan.filter};
  const bool sparse = !spec.kept.empty();
  // What nobody wrote shows, here as well.
  std::vector<Complex> spectra(static_cast<std::size_t>(spec.channels * plan.points / 2),
                               Complex{NAN, NAN});
  if (plan.points <= kMaxFusedPoints) {
    with_constant<7, 14>(plan.log_complex(), [&](auto log_size) {
      const HostTables<log_size> tables(spec.kept);
      const FusedFilterArgs filter{filters, spectra.data(), tables.view()};
      const FusedConvArgs<T> conv{rows, spectra.data(), tables.view()};
      if (sparse) {
        emulate<FusedFilter<log_size, true>>(filter);
        emulate<FusedConv<T, log_size, true>>(conv);
      } else {
        emulate<FusedFilter<log_size>>(filter);
        emulate<FusedConv<T, log_size>>(conv);
      }
    });
    return;
  }
  with_constant<3, 9>(plan.log_complex() - kLogInner, [&](auto log_outer) {
    constexpr int kOuter = 1 << log_outer;
    const HostTables<kLogInner> tables;
    const auto twiddles = fft_twiddles<log_outer>();
    std::vector<Complex> roots,
        work(static_cast<std::size_t>(rows_at_once * plan.points / 2), Complex{NAN, NAN});
    for (int k1 = 0; k1 <= kOuter / 2; ++k1) roots.push_back(root(k1, plan.points));
    const SparseOuter some = sparse ? sparse_outer(spec.kept, kOuter) : SparseOuter{};
    const std::uint8_t* kept_rows = sparse ? some.rows.data() : nullptr;
    const SparseInner inner =
        sparse ? SparseInner{some.pairs.data(), static_cast<std::int32_t>(some.pairs.size()) - 1,
                             spec.kept.data(), static_cast<std::int32_t>(spec.kept.size()) - 1}
               : SparseInner{};
    for (std::int64_t first = 0; first < spec.channels; first += rows_at_once) {
      const std::int64_t count = std::min(rows_at_once, spec.channels - first);
      emulate<OuterForward<float, log_outer>>(
          {filters, first, count, work.data(), twiddles.data(), kept_rows});
      emulate<InnerFilter>({work.data(), first, count, 1, kOuter, spectra.data(), tables.view(),
                            roots.data(), inner});
    }
    for (std::int64_t first = 0; first < rows.count(); first += rows_at_once) {
      const std::int64_t count = std::min(rows_at_once, rows.count() - first);
      const OuterArgs<T> outer{rows, first, count, work.data(), twiddles.data(), kept_rows};
      emulate<OuterForward<T, log_outer>>(outer);
      emulate<InnerConv>({work.data(), first, count, rows.of_channel(), kOuter, spectra.data(),
                          tables.view(), roots.data(), inner});
      emulate<OuterInverse<T, log_outer>>(outer);
    }
  });
}

// All kernels in all sizes: compiled once, in host_conv.cpp.
extern template void host_conv(const ConvData<float>&, const ConvPlan&, float*, bool, std::int64_t);
extern template void host_conv(const ConvData<Half>&, const ConvPlan&, Half*, bool, std::int64_t);
extern template void host_conv(const ConvData<BFloat>&, const ConvPlan&, BFloat*, bool,
                               std::int64_t);

}  // namespace limpid::kernels::cuda
