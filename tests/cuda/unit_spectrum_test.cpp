// SPDX-License-Identifier: MIT
// Spectra of unit level, thread by thread, against their definition in double.
#include <gtest/gtest.h>

#include <array>

#include "lib/kernels/cuda/spectrum_layers.h"
#include "tests/cuda/emulate.h"
#include "tests/cuda/noise.h"

namespace limpid::kernels::cuda {
namespace {

using test::normal_noise;

float at(const std::vector<float>& values, std::ptrdiff_t index) {
  return values[static_cast<std::size_t>(index)];
}

TEST(CudaUnitSpectrum, EqualsItsDefinition) {
  for (const auto& [lanes, frames, bins, band] :
       {std::array{1, 1, 1, 1}, {2, 3, 161, 161}, {1, 4, 70, 33}}) {
    const auto x = normal_noise(std::ptrdiff_t{2} * lanes * frames * bins, 5);
    const std::ptrdiff_t part = std::ptrdiff_t{lanes} * frames * bins;
    const float scale = 0.37f;
    std::vector<float> y(static_cast<std::size_t>(part * 4));
    emulate<UnitSpectrum>({{x.data(), std::ptrdiff_t{frames} * bins, bins, part},
                           {y.data() + 2, std::ptrdiff_t{frames} * bins * 4, bins * 4, 1},
                           lanes,
                           frames,
                           band,
                           bins,
                           4,
                           scale,
                           0.5f});
    std::vector<double> got, want;
    for (std::ptrdiff_t frame = 0; frame < lanes * frames; ++frame) {
      double sum = 0;
      const auto value = [&](int bin, int which) {
        return bin < band ? double{scale} * at(x, which * part + frame * bins + bin) : 0.0;
      };
      for (int bin = 0; bin < band; ++bin) sum += std::hypot(value(bin, 0), value(bin, 1));
      const double level = 1 / std::sqrt(sum / bins + 1e-6);
      for (int bin = 0; bin < bins; ++bin)
        for (int which = 0; which < 2; ++which) {
          const double power = std::pow(value(bin, 0), 2) + std::pow(value(bin, 1), 2);
          want.push_back(level * value(bin, which) * std::pow(power + 1e-12, -0.25));
          got.push_back(at(y, (frame * bins + bin) * 4 + 2 + which));
        }
    }
    EXPECT_GE(snr(got, want), 125);
  }
}

}  // namespace
}  // namespace limpid::kernels::cuda
