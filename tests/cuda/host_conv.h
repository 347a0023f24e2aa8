// SPDX-License-Identifier: MIT
// A long convolution done by the GPU's programs on the CPU.
#pragma once

#include "lib/kernels/cuda/conv_plan.h"
#include "lib/kernels/cuda/fused_conv.h"
#include "lib/kernels/cuda/split_conv.h"
#include "tests/cuda/conv_fixture.h"

namespace limpid::kernels::cuda {

// Calls f with a constant of the same value.
template <int kFirst, int kLast, class F>
void with_constant(int value, F f) {
  if (value == kFirst) return f(std::integral_constant<int, kFirst>{});
  if constexpr (kFirst < kLast) with_constant<kFirst + 1, kLast>(value, f);
}

template <int kLogSize>
struct HostTables {
  std::vector<Complex> twiddles = fft_twiddles<kLogSize>();
  SpectrumTables spectrum = spectrum_tables<kLogSize>();
  RowTables view() const {
    return {twiddles.data(), spectrum.pairs.data(), spectrum.pair_roots.data(),
            spectrum.column_roots.data()};
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
  std::vector<Complex> spectra(static_cast<std::size_t>(spec.channels * plan.points / 2));
  if (plan.points <= kMostFusedPoints) {
    with_constant<7, 14>(plan.log_complex(), [&](auto log_size) {
      const HostTables<log_size> tables;
      emulate<FusedFilter<log_size>>({filters, spectra.data(), tables.view()});
      emulate<FusedConv<T, log_size>>({rows, spectra.data(), tables.view()});
    });
    return;
  }
  with_constant<3, 9>(plan.log_complex() - kLogInner, [&](auto log_outer) {
    constexpr int kOuter = 1 << log_outer;
    const HostTables<kLogInner> tables;
    const auto twiddles = fft_twiddles<log_outer>();
    std::vector<Complex> roots, work(static_cast<std::size_t>(rows_at_once * plan.points / 2));
    for (int k1 = 0; k1 <= kOuter / 2; ++k1) roots.push_back(root(k1, plan.points));
    for (std::int64_t first = 0; first < spec.channels; first += rows_at_once) {
      const std::int64_t count = std::min(rows_at_once, spec.channels - first);
      emulate<OuterForward<float, log_outer>>(
          {filters, first, count, work.data(), twiddles.data()});
      emulate<InnerFilter>(
          {work.data(), first, count, 1, kOuter, spectra.data(), tables.view(), roots.data()});
    }
    for (std::int64_t first = 0; first < rows.count(); first += rows_at_once) {
      const std::int64_t count = std::min(rows_at_once, rows.count() - first);
      emulate<OuterForward<T, log_outer>>({rows, first, count, work.data(), twiddles.data()});
      emulate<InnerConv>({work.data(), first, count, rows.of_channel(), kOuter, spectra.data(),
                          tables.view(), roots.data()});
      emulate<OuterInverse<T, log_outer>>({rows, first, count, work.data(), twiddles.data()});
    }
  });
}

}  // namespace limpid::kernels::cuda
