// SPDX-License-Identifier: MIT
// Long convolutions of more than 32768 transform points: three kernels for every few segments, as
// many as leave what is between the passes in the L2 cache.
#include <algorithm>

#include "lib/kernels/cuda/conv_kernels.h"
#include "lib/kernels/cuda/device_tables.h"
#include "lib/kernels/cuda/long_conv.h"

namespace limpid::kernels::cuda {
namespace {

// What does not depend on the type of samples.
struct SplitPlan {
  int log_outer, outer;
  std::int64_t rows_at_once;
  DeviceTables inner;
  DeviceArray<Complex> twiddles, outer_roots, work, spectra;
  DeviceArray<std::uint8_t> rows, kept;  // of a sparse filter, else null
  DeviceArray<std::int32_t> pairs;
  SparseInner sparse;
  std::size_t bytes;
};

// What a sparse filter leaves; returns how many pairs of rows.
Result<std::int64_t> plan_sparse(const Pattern& kept, SplitPlan& split) {
  if (kept.empty()) return std::int64_t{split.outer / 2};
  const SparseOuter host = sparse_outer(kept, split.outer);
  auto rows = uploaded<std::uint8_t>(host.rows);
  if (!rows) return rows.error();
  auto pairs = uploaded<std::int32_t>(host.pairs);
  if (!pairs) return pairs.error();
  auto pattern = uploaded<std::uint8_t>(kept);
  if (!pattern) return pattern.error();
  split.rows = *std::move(rows);
  split.pairs = *std::move(pairs);
  split.kept = *std::move(pattern);
  split.sparse = {split.pairs.get(), static_cast<std::int32_t>(host.pairs.size()) - 1,
                  split.kept.get(), static_cast<std::int32_t>(kept.size()) - 1};
  return std::int64_t{split.sparse.count};
}

Result<SplitPlan> plan_split(const LongConvSpec& spec, const ConvPlan& plan) {
  SplitPlan split{};
  split.log_outer = plan.log_complex() - kLogInner;
  split.outer = 1 << split.log_outer;
  const std::int64_t row_bytes = plan.points * static_cast<std::int64_t>(sizeof(float));
  split.rows_at_once = std::clamp<std::int64_t>(
      static_cast<std::int64_t>(std::min(spec.between_passes, std::size_t{1} << 40)) / row_bytes, 1,
      spec.lanes * spec.channels * plan.row.segments);
  auto inner = device_tables(kLogInner);
  if (!inner) return inner.error();
  auto twiddles = device_twiddles(split.log_outer);
  if (!twiddles) return twiddles.error();
  std::vector<Complex> roots;
  for (int k1 = 0; k1 <= split.outer / 2; ++k1) roots.push_back(root(k1, plan.points));
  auto outer_roots = uploaded<Complex>(roots);
  if (!outer_roots) return outer_roots.error();
  auto work = device_array<Complex>(static_cast<std::size_t>(split.rows_at_once * plan.points / 2));
  if (!work) return work.error();
  const auto pairs = plan_sparse(spec.kept, split);
  if (!pairs) return pairs.error();
  const auto values = static_cast<std::size_t>(spec.channels * *pairs * InnerLayout::kSpectrum);
  auto spectra = device_array<Complex>(values);
  if (!spectra) return spectra.error();
  split.inner = *std::move(inner);
  split.twiddles = *std::move(twiddles);
  split.outer_roots = *std::move(outer_roots);
  split.work = *std::move(work);
  split.spectra = *std::move(spectra);
  split.bytes = static_cast<std::size_t>(split.rows_at_once * row_bytes) + values * sizeof(Complex);
  return split;
}

template <class T>
class SplitLongConv final : public LongConv {
 public:
  static Result<std::unique_ptr<LongConv>> open(const LongConvSpec& spec, const ConvPlan& plan) {
    auto split = plan_split(spec, plan);
    if (!split) return split.error();
    auto conv = std::unique_ptr<SplitLongConv>(new SplitLongConv(spec, plan, *std::move(split)));
    for (const auto prepare :
         {conv->forward_.prepare, conv->inverse_.prepare, conv->filter_forward_.prepare,
          conv->multiply_.prepare, conv->transform_.prepare})
      if (auto done = prepare(); !done) return done.error();
    return std::unique_ptr<LongConv>(std::move(conv));
  }

  Status set_filters(const float* filters, Stream stream) override {
    const Rows<float> rows = filter_rows(spec_, plan_, filters);
    return in_turns(rows, [&](const OuterArgs<float>& outer) -> Status {
      auto done = filter_forward_.launch(outer, native(stream));
      if (done) done = transform_.launch(inner(outer, 1), native(stream));
      return done;
    });
  }

  Status run(const void* u, const void* gate_in, const void* gate_out, void* y,
             Stream stream) override {
    const Rows<T> rows = rows_of<T>(spec_, plan_, u, gate_in, gate_out, y);
    return in_turns(rows, [&](const OuterArgs<T>& outer) -> Status {
      auto done = forward_.launch(outer, native(stream));
      if (done) done = multiply_.launch(inner(outer, rows.of_channel()), native(stream));
      if (done) done = inverse_.launch(outer, native(stream));
      return done;
    });
  }

  std::int64_t points() const noexcept override { return plan_.points; }
  std::size_t memory() const noexcept override { return split_.bytes; }

 private:
  SplitLongConv(const LongConvSpec& spec, const ConvPlan& plan, SplitPlan split)
      : spec_(spec),
        plan_(plan),
        split_(std::move(split)),
        forward_(outer_forward_kernel<T>(split_.log_outer)),
        inverse_(outer_inverse_kernel<T>(split_.log_outer)),
        filter_forward_(outer_forward_kernel<float>(split_.log_outer)),
        multiply_(inner_conv_kernel()),
        transform_(inner_filter_kernel()) {}

  template <class Row, class Passes>
  Status in_turns(const Rows<Row>& rows, Passes passes) {
    for (std::int64_t first = 0; first < rows.count(); first += split_.rows_at_once) {
      const std::int64_t count = std::min(split_.rows_at_once, rows.count() - first);
      if (auto done = passes(OuterArgs<Row>{rows, first, count, split_.work.get(),
                                            split_.twiddles.get(), split_.rows.get()});
          !done)
        return done;
    }
    return Done{};
  }

  template <class Row>
  InnerArgs inner(const OuterArgs<Row>& outer, std::int64_t of_channel) const {
    return {outer.work,   outer.first,          outer.count,         of_channel,
            split_.outer, split_.spectra.get(), split_.inner.view(), split_.outer_roots.get(),
            split_.sparse};
  }

  LongConvSpec spec_;
  ConvPlan plan_;
  SplitPlan split_;
  Kernel<OuterArgs<T>> forward_, inverse_;
  Kernel<OuterArgs<float>> filter_forward_;
  Kernel<InnerArgs> multiply_, transform_;
};

}  // namespace

Result<std::unique_ptr<LongConv>> open_split_conv(const LongConvSpec& spec, const ConvPlan& plan) {
  return open_of_samples<SplitLongConv>(spec, plan);
}

}  // namespace limpid::kernels::cuda
