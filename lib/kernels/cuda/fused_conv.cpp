// SPDX-License-Identifier: MIT
// Long convolutions of up to 32768 transform points: one kernel a call.
#include "lib/kernels/cuda/conv_kernels.h"
#include "lib/kernels/cuda/device_tables.h"
#include "lib/kernels/cuda/long_conv.h"

namespace limpid::kernels::cuda {
namespace {

template <class T>
class FusedLongConv final : public LongConv {
 public:
  static Result<std::unique_ptr<LongConv>> open(const LongConvSpec& spec, const ConvPlan& plan) {
    const bool sparse = !spec.kept.empty();
    const auto convolve = fused_conv_kernel<T>(plan.log_complex(), sparse);
    const auto transform = fused_filter_kernel(plan.log_complex(), sparse);
    if (auto done = convolve.prepare(); !done) return done.error();
    if (auto done = transform.prepare(); !done) return done.error();
    auto tables = device_tables(plan.log_complex(), spec.kept);
    if (!tables) return tables.error();
    auto spectra = device_array<Complex>(static_cast<std::size_t>(spec.channels * plan.points / 2));
    if (!spectra) return spectra.error();
    return std::unique_ptr<LongConv>(new FusedLongConv(spec, plan, convolve, transform,
                                                       *std::move(tables), *std::move(spectra)));
  }

  Status set_filters(const float* filters, Stream stream) override {
    return transform_.launch({filter_rows(spec_, plan_, filters), spectra_.get(), tables_.view()},
                             native(stream));
  }

  Status run(const void* u, const void* gate_in, const void* gate_out, void* y,
             Stream stream) override {
    return convolve_.launch(
        {rows_of<T>(spec_, plan_, u, gate_in, gate_out, y), spectra_.get(), tables_.view()},
        native(stream));
  }

  std::int64_t points() const noexcept override { return plan_.points; }
  std::size_t memory() const noexcept override {
    return static_cast<std::size_t>(spec_.channels * plan_.points) * sizeof(float);
  }

 private:
  FusedLongConv(const LongConvSpec& spec, const ConvPlan& plan, Kernel<FusedConvArgs<T>> convolve,
                Kernel<FusedFilterArgs> transform, DeviceTables tables,
                DeviceArray<Complex> spectra)
      : spec_(spec),
        plan_(plan),
        convolve_(convolve),
        transform_(transform),
        tables_(std::move(tables)),
        spectra_(std::move(spectra)) {}

  LongConvSpec spec_;
  ConvPlan plan_;
  Kernel<FusedConvArgs<T>> convolve_;
  Kernel<FusedFilterArgs> transform_;
  DeviceTables tables_;
  DeviceArray<Complex> spectra_;
};

}  // namespace

Result<std::unique_ptr<LongConv>> open_fused_conv(const LongConvSpec& spec, const ConvPlan& plan) {
  return open_of_samples<FusedLongConv>(spec, plan);
}

}  // namespace limpid::kernels::cuda
