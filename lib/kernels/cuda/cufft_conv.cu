// SPDX-License-Identifier: MIT
// Long convolutions with cuFFT's real transforms: what the own kernels are compared with.
#include <cufft.h>

#include "lib/kernels/cuda/long_conv.h"
#include "lib/kernels/cuda/plain_conv.h"
#include "lib/kernels/cuda/program.cuh"

namespace limpid::kernels::cuda {
namespace {

Status checked_fft(cufftResult code, const char* what) {
  if (code == CUFFT_SUCCESS) return Done{};
  return Error{code == CUFFT_ALLOC_FAILED ? ErrorCode::out_of_memory : ErrorCode::device,
               std::string("cuFFT: ") + what + ": error " + std::to_string(static_cast<int>(code))};
}

// One direction of the transforms of all rows, in place.
class RowTransform {
 public:
  RowTransform() = default;
  RowTransform(const RowTransform&) = delete;
  RowTransform& operator=(const RowTransform&) = delete;
  ~RowTransform() {
    if (open_) cufftDestroy(plan_);
  }

  Status open(std::int64_t points, std::int64_t rows, cufftType type) {
    if (auto done = checked_fft(cufftCreate(&plan_), "creating a plan"); !done) return done;
    open_ = true;
    long long size = points, real = points + 2, complex = points / 2 + 1;
    const bool forward = type == CUFFT_R2C;
    std::size_t work = 0;
    return checked_fft(cufftMakePlanMany64(plan_, 1, &size, forward ? &real : &complex, 1,
                                           forward ? real : complex, forward ? &complex : &real, 1,
                                           forward ? complex : real, type, rows, &work),
                       "making a plan");
  }
  Status forward(Complex* work, Stream stream) {
    return enqueue(stream, [&] {
      return cufftExecR2C(plan_, reinterpret_cast<cufftReal*>(work),
                          reinterpret_cast<cufftComplex*>(work));
    });
  }
  Status inverse(Complex* work, Stream stream) {
    return enqueue(stream, [&] {
      return cufftExecC2R(plan_, reinterpret_cast<cufftComplex*>(work),
                          reinterpret_cast<cufftReal*>(work));
    });
  }

 private:
  template <class Execute>
  Status enqueue(Stream stream, Execute execute) {
    if (auto done = checked_fft(cufftSetStream(plan_, native(stream)), "setting the stream"); !done)
      return done;
    return checked_fft(execute(), "transforming");
  }

  cufftHandle plan_ = 0;
  bool open_ = false;
};

template <class T>
class CufftLongConv final : public LongConv {
 public:
  static Result<std::unique_ptr<LongConv>> open(const LongConvSpec& spec, const ConvPlan& plan) {
    auto conv = std::unique_ptr<CufftLongConv>(new CufftLongConv(spec, plan));
    const std::int64_t rows = spec.lanes * spec.channels * plan.row.segments;
    if (auto done = conv->forward_.open(plan.points, rows, CUFFT_R2C); !done) return done.error();
    if (auto done = conv->inverse_.open(plan.points, rows, CUFFT_C2R); !done) return done.error();
    if (auto done = conv->filter_.open(plan.points, spec.channels, CUFFT_R2C); !done)
      return done.error();
    auto work = device_array<Complex>(static_cast<std::size_t>(rows * (plan.points / 2 + 1)));
    if (!work) return work.error();
    auto spectra =
        device_array<Complex>(static_cast<std::size_t>(spec.channels * (plan.points / 2 + 1)));
    if (!spectra) return spectra.error();
    if (!spec.kept.empty()) {
      auto kept = uploaded<std::uint8_t>(spec.kept);
      if (!kept) return kept.error();
      conv->kept_ = *std::move(kept);
    }
    conv->work_ = *std::move(work);
    conv->spectra_ = *std::move(spectra);
    return std::unique_ptr<LongConv>(std::move(conv));
  }

  Status set_filters(const float* filters, Stream stream) override {
    const PlainArgs<float> args{filter_rows(spec_, plan_, filters),
                                spectra_.get(),
                                nullptr,
                                static_cast<std::int32_t>(plan_.points),
                                kept_.get(),
                                static_cast<std::int32_t>(spec_.kept.size()) - 1};
    if (auto done = launch<PlainPad<float>>(args, native(stream)); !done) return done;
    if (auto done = filter_.forward(spectra_.get(), stream); !done) return done;
    return launch<PlainScale>(args, native(stream));
  }

  Status run(const void* u, const void* gate_in, const void* gate_out, void* y,
             Stream stream) override {
    const PlainArgs<T> args{rows_of<T>(spec_, plan_, u, gate_in, gate_out, y), work_.get(),
                            spectra_.get(), static_cast<std::int32_t>(plan_.points)};
    if (auto done = launch<PlainPad<T>>(args, native(stream)); !done) return done;
    if (auto done = forward_.forward(work_.get(), stream); !done) return done;
    if (auto done = launch<PlainProduct<T>>(args, native(stream)); !done) return done;
    if (auto done = inverse_.inverse(work_.get(), stream); !done) return done;
    return launch<PlainCrop<T>>(args, native(stream));
  }

  std::int64_t points() const noexcept override { return plan_.points; }
  std::size_t memory() const noexcept override {
    return static_cast<std::size_t>((spec_.lanes * plan_.row.segments + 1) * spec_.channels *
                                    (plan_.points + 2)) *
           sizeof(float);
  }

 private:
  CufftLongConv(const LongConvSpec& spec, const ConvPlan& plan) : spec_(spec), plan_(plan) {}

  LongConvSpec spec_;
  ConvPlan plan_;
  RowTransform forward_, inverse_, filter_;
  DeviceArray<Complex> work_, spectra_;
  DeviceArray<std::uint8_t> kept_;  // of a sparse filter, else null
};

}  // namespace

Result<std::unique_ptr<LongConv>> open_cufft_conv(const LongConvSpec& spec, const ConvPlan& plan) {
  return open_of_samples<CufftLongConv>(spec, plan);
}

}  // namespace limpid::kernels::cuda
