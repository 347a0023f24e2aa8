// SPDX-License-Identifier: MIT
// Short filters along the frames of a network and spectra of unit level, thread by thread, against
// their definitions in double.
#include <gtest/gtest.h>

#include "lib/kernels/cuda/frame_filters.h"
#include "lib/kernels/cuda/spectrum_layers.h"
#include "tests/cuda/emulate.h"

namespace limpid::kernels::cuda {
namespace {

std::vector<float> noise(std::ptrdiff_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> value;
  std::vector<float> values(static_cast<std::size_t>(count));
  for (float& v : values) v = value(random);
  return values;
}

float at(const std::vector<float>& values, std::ptrdiff_t index) {
  return values[static_cast<std::size_t>(index)];
}

TEST(CudaFrameFilters, ShortOnes) {
  for (const auto& [lanes, frames, width, taps] :
       {std::array{1, 1, 1, 1}, {3, 5, 7, 4}, {2, 9, 300, 3}}) {
    const int all = frames + taps - 1;
    const auto x = noise(std::ptrdiff_t{lanes} * all * width, 1), h = noise(taps * width, 2);
    std::vector<float> y(static_cast<std::size_t>(lanes * frames * width));
    const std::ptrdiff_t lane = std::ptrdiff_t{all} * width;
    emulate<ShortFilter>({{x.data() + (taps - 1) * width, lane, width, 0},
                          {y.data(), std::ptrdiff_t{frames} * width, width, 0},
                          h.data(),
                          lanes,
                          frames,
                          width,
                          taps});
    std::vector<double> want;
    for (int l = 0; l < lanes; ++l)
      for (int t = 0; t < frames; ++t)
        for (int c = 0; c < width; ++c) {
          double sum = 0;
          for (int tap = 0; tap < taps; ++tap)
            sum += double{at(h, tap * width + c)} * at(x, l * lane + (t + tap) * width + c);
          want.push_back(sum);
        }
    EXPECT_GE(snr({y.begin(), y.end()}, want), 125);
  }
}

TEST(CudaFrameFilters, SpectraOfUnitLevel) {
  for (const auto& [lanes, frames, bins, band] :
       {std::array{1, 1, 1, 1}, {2, 3, 161, 161}, {1, 4, 70, 33}}) {
    const auto x = noise(std::ptrdiff_t{2} * lanes * frames * bins, 5);
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
