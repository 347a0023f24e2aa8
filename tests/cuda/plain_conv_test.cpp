// SPDX-License-Identifier: MIT
// What stands around cuFFT's transforms, with a plain double transform in its place.
#include "lib/kernels/cuda/plain_conv.h"

#include <gtest/gtest.h>

#include <complex>
#include <numbers>

#include "lib/kernels/cuda/conv_plan.h"
#include "tests/cuda/conv_fixture.h"

namespace limpid::kernels::cuda {
namespace {

std::complex<double> turned(std::int64_t k, std::int64_t points) {
  return std::polar(
      1.0, 2 * std::numbers::pi * static_cast<double>(k % points) / static_cast<double>(points));
}

// As cufftExecR2C and cufftExecC2R in place do it: not scaled.
void forward(Complex* row, std::int64_t points) {
  const auto* x = reinterpret_cast<const float*>(row);
  std::vector<Complex> spectrum;
  for (std::int64_t k = 0; k <= points / 2; ++k) {
    std::complex<double> sum = 0;
    for (std::int64_t n = 0; n < points; ++n)
      sum += double{x[n]} * std::conj(turned(k * n, points));
    spectrum.push_back({static_cast<float>(sum.real()), static_cast<float>(sum.imag())});
  }
  std::copy(spectrum.begin(), spectrum.end(), row);
}

void inverse(Complex* row, std::int64_t points) {
  std::vector<float> samples;
  for (std::int64_t n = 0; n < points; ++n) {
    double sum = 0;
    for (std::int64_t k = 0; k <= points / 2; ++k) {
      const double both = k == 0 || k == points / 2 ? 1 : 2;  // frequencies k and -k
      sum += both * (std::complex<double>(row[k].re, row[k].im) * turned(k * n, points)).real();
    }
    samples.push_back(static_cast<float>(sum));
  }
  std::copy(samples.begin(), samples.end(), reinterpret_cast<float*>(row));
}

template <class T>
void check(const LongConvSpec& spec, bool gated, double least) {
  const ConvData<T> data(spec, gated);
  const auto plan = plan_conv(data.spec);
  ASSERT_TRUE(plan) << plan.error().message;
  const auto values = static_cast<std::size_t>(plan->points / 2 + 1);
  const auto points = static_cast<std::int32_t>(plan->points);
  std::vector<Complex> spectra(static_cast<std::size_t>(spec.channels) * values);
  std::vector<Complex> work(
      static_cast<std::size_t>(spec.lanes * spec.channels * plan->row.segments) * values);
  std::vector<T> y(data.u.size());

  const Rows<float> filters{data.filters.data(), nullptr,   nullptr,     nullptr, 1,
                            spec.channels,       spec.taps, plan->filter};
  const PlainArgs<float> filter{filters, spectra.data(), nullptr, points};
  emulate<PlainPad<float>>(filter);
  for (std::size_t row = 0; row < spectra.size(); row += values) forward(&spectra[row], points);
  emulate<PlainScale>(filter);

  const Rows<T> rows{data.u.data(), data.in(),     data.out(),  y.data(),
                     spec.lanes,    spec.channels, spec.length, plan->row};
  const PlainArgs<T> args{rows, work.data(), spectra.data(), points};
  emulate<PlainPad<T>>(args);
  for (std::size_t row = 0; row < work.size(); row += values) forward(&work[row], points);
  emulate<PlainProduct<T>>(args);
  for (std::size_t row = 0; row < work.size(); row += values) inverse(&work[row], points);
  emulate<PlainCrop<T>>(args);
  EXPECT_GE(data.snr_of(y), least) << data.name();
}

TEST(CudaPlainConv, MatchesTheDefinition) {
  check<float>({.lanes = 2, .channels = 3, .length = 128, .taps = 100}, true, 130);
  check<float>({.lanes = 1, .channels = 2, .length = 256, .taps = 256, .circular = true}, false,
               130);
  check<float>({.lanes = 2, .channels = 1, .length = 301, .taps = 90, .circular = true}, true, 130);
  check<Half>({.lanes = 3, .channels = 2, .length = 255, .taps = 129}, true, 60);
  check<float>({.lanes = 2, .channels = 1, .length = 1000, .taps = 50}, true, 130);  // in segments
}

}  // namespace
}  // namespace limpid::kernels::cuda
