// SPDX-License-Identifier: MIT
// The convolution kernels against their oracles.
#include <algorithm>
#include <cmath>

#include "lib/base/arena.h"
#include "lib/kernels/fir.h"
#include "lib/kernels/negacyclic_fft.h"
#include "tests/kernels/every_target.h"

namespace limpid::kernels {
namespace {

using Convolution = EveryTarget;
INSTANTIATE_EVERY_TARGET(Convolution);

TEST_P(Convolution, FirMatchesReferenceForAnyLength) {
  for (int taps = 1; taps <= 40; taps += taps < 10 ? 1 : 7)
    for (int n = 0; n <= 300; n += n < 70 ? 1 : 23) {
      const auto h = noise(static_cast<std::size_t>(taps), 1);
      const auto x = noise(static_cast<std::size_t>(taps - 1 + n), 2);
      Fenced y(static_cast<std::size_t>(n)), expected(static_cast<std::size_t>(n));
      for (int i = 0; i < n; ++i) y.data()[i] = expected.data()[i] = 0.01f * static_cast<float>(i);
      fir(x.data() + taps - 1, h.data(), taps, n, y.data());
      reference::fir(x.data() + taps - 1, h.data(), taps, n, expected.data());
      for (int i = 0; i < n; ++i)
        ASSERT_NEAR(y.data()[i], expected.data()[i], 1e-5f) << taps << " taps, sample " << i;
      ASSERT_FALSE(y.broken());
    }
}

TEST_P(Convolution, SpectralProductMatchesReference) {
  for (const int width : {4, 8, 16})
    for (const int parts : {0, 1, 2, 3, 17})
      for (const int blocks : {1, 2, 5}) {
        const std::ptrdiff_t x_stride = 2 * width * (parts + 1), h_stride = 2 * width * (parts + 2);
        const auto x = noise(static_cast<std::size_t>(x_stride * blocks), 1);
        const auto h = noise(static_cast<std::size_t>(h_stride * blocks), 2);
        const auto size = static_cast<std::size_t>(2 * width * blocks);
        Fenced sum(size), expected(size);
        std::ranges::copy(noise(size, 3), sum.data());
        std::copy_n(sum.data(), size, expected.data());
        multiply_accumulate_spectra(x.data(), x_stride, h.data(), h_stride, parts, blocks, width,
                                    sum.data());
        reference::multiply_accumulate_spectra(x.data(), x_stride, h.data(), h_stride, parts,
                                               blocks, width, expected.data());
        for (std::size_t i = 0; i < size; ++i)
          ASSERT_NEAR(sum.data()[i], expected.data()[i], 1e-5f) << width << " " << parts;
        ASSERT_FALSE(sum.broken());
      }
}

// A transform with the buffers that it needs.
struct Bench {
  explicit Bench(int size)
      : fft(size),
        work(arena.claim<float>(fft.work_floats())),
        scratch(arena.claim<float>(fft.scratch_floats())),
        spectrum(arena.claim<float>(fft.work_floats())) {}

  void forward(const float* earlier, const float* later, float* to, std::ptrdiff_t stride) {
    for (int unit = 0; unit < fft.time_units(); ++unit)
      fft.forward_time(earlier, later, unit, work.data(), scratch.data());
    for (int unit = 0; unit < fft.frequency_units(); ++unit)
      fft.forward_frequency(work.data(), unit, to, stride, scratch.data());
  }

  void inverse(const RingTarget& target) {
    for (int unit = 0; unit < fft.frequency_units(); ++unit)
      fft.inverse_frequency(spectrum.data(), unit, work.data(), scratch.data());
    for (int unit = 0; unit < fft.time_units(); ++unit)
      fft.inverse_time(work.data(), unit, target, scratch.data());
  }

  NegacyclicFft fft;
  Arena arena;
  std::span<float> work, scratch, spectrum;
};

TEST_P(Convolution, ForwardMatchesReference) {
  for (int size = NegacyclicFft::kSmallest; size <= 2048; size *= 2) {
    Bench bench(size);
    const auto count = static_cast<std::size_t>(size);
    const auto earlier = noise(count, 1), later = noise(count, 2);
    const std::ptrdiff_t stride = 6 * bench.fft.width();  // every third slot
    std::vector<float> slots(static_cast<std::size_t>(bench.fft.blocks() * stride));
    bench.forward(earlier.data(), later.data(), slots.data(), stride);
    std::vector<float> expected(2 * count);
    reference::negacyclic_spectrum(earlier.data(), later.data(), size, expected.data());
    const float tolerance = 2e-6f * std::sqrt(static_cast<float>(size));
    for (int block = 0; block < bench.fft.blocks(); ++block)
      for (int bin = 0; bin < bench.fft.width(); ++bin) {
        const auto k = 2 * static_cast<std::size_t>(bench.fft.frequency(block, bin));
        const float* found = slots.data() + block * stride + bin;
        ASSERT_NEAR(found[0], expected[k], tolerance) << size << " " << block << " " << bin;
        ASSERT_NEAR(found[bench.fft.width()], expected[k + 1], tolerance) << size;
      }
  }
}

TEST_P(Convolution, InverseAddsTheLaterBlockToARing) {
  for (int size = NegacyclicFft::kSmallest; size <= NegacyclicFft::kLargest; size *= 2) {
    Bench bench(size);
    const auto count = static_cast<std::size_t>(size);
    const auto earlier = noise(count, 1), later = noise(count, 2);
    bench.forward(earlier.data(), later.data(), bench.spectrum.data(), 2 * bench.fft.width());
    std::vector<float> ring(2 * count, 0.5f);
    const std::size_t start = 2 * count - 16;
    const float step = -1.0f / static_cast<float>(size);
    bench.inverse({ring.data(), start, 2 * count - 1, 1.0f, step});
    for (std::size_t n = 0; n < 2 * count; ++n) {
      const float added = n < count ? later[n] * (1 + step * static_cast<float>(n)) : 0;
      ASSERT_NEAR(ring[(start + n) % (2 * count)], 0.5f + added, 2e-6f) << size << " " << n;
    }
  }
}

// Overlap-save: the later half of the product is the linear convolution.
TEST_P(Convolution, ProductIsTheConvolution) {
  for (const int size : {16, 64, 512}) {
    Bench bench(size);
    const auto count = static_cast<std::size_t>(size);
    const auto x = noise(2 * count, 1), h = noise(count, 2);
    const std::vector<float> nothing(count);
    std::vector<float> of_x(2 * count), of_h(2 * count), y(count), expected(count);
    const std::ptrdiff_t stride = 2 * bench.fft.width();
    bench.forward(x.data(), x.data() + size, of_x.data(), stride);
    bench.forward(h.data(), nothing.data(), of_h.data(), stride);
    multiply_accumulate_spectra(of_x.data(), stride, of_h.data(), stride, 1, bench.fft.blocks(),
                                bench.fft.width(), bench.spectrum.data());
    bench.inverse({y.data(), 0, count - 1});
    reference::fir(x.data() + size, h.data(), size, size, expected.data());
    for (std::size_t n = 0; n < count; ++n)
      ASSERT_NEAR(y[n], expected[n], 1e-6f * static_cast<float>(size)) << size << " " << n;
  }
}

}  // namespace
}  // namespace limpid::kernels
