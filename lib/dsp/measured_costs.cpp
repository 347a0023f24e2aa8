// SPDX-License-Identifier: MIT
#include "lib/dsp/measured_costs.h"

#include <algorithm>
#include <ctime>

#include "lib/base/arena.h"
#include "lib/kernels/fir.h"
#include "lib/kernels/negacyclic_fft.h"

namespace limpid::dsp {
namespace {

double now_ns() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return 1e9 * static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec);
}

template <class Body>
double least_ns(Body&& body) {
  constexpr int kRepetitions = 7;
  constexpr double kRepetition = 2e6;  // nanoseconds
  double least = 1e30;
  for (int repetition = 0; repetition < kRepetitions; ++repetition) {
    int calls = 1;
    for (double spent = 0; spent < kRepetition; calls *= 2) {
      const double start = now_ns();
      for (int i = 0; i < calls; ++i) body();
      spent = now_ns() - start;
      least = std::min(least, spent / calls);
    }
  }
  return least;
}

std::span<float> noise(Arena& arena, std::size_t count) {
  const auto values = arena.claim<float>(count);
  unsigned state = 1;
  for (float& v : values)
    v = static_cast<float>((state = state * 1664525u + 1013904223u) >> 8) * 1e-8f;
  return values;
}

double transforms_ns(int size) {
  const kernels::NegacyclicFft fft(size);
  Arena arena;
  const auto audio = noise(arena, 2 * static_cast<std::size_t>(size));
  const auto work = arena.claim<float>(fft.work_floats());
  const auto spectrum = arena.claim<float>(fft.work_floats());
  const auto scratch = arena.claim<float>(fft.scratch_floats());
  const auto ring = arena.claim<float>(static_cast<std::size_t>(size));
  return least_ns([&] {
    for (int u = 0; u < fft.time_units(); ++u)
      fft.forward_time(audio.data(), audio.data() + size, u, work.data(), scratch.data());
    for (int u = 0; u < fft.frequency_units(); ++u)
      fft.forward_frequency(work.data(), u, spectrum.data(), 2 * fft.width(), scratch.data());
    for (int u = 0; u < fft.frequency_units(); ++u)
      fft.inverse_frequency(spectrum.data(), u, work.data(), scratch.data());
    std::ranges::fill(ring, 0.0f);
    for (int u = 0; u < fft.time_units(); ++u)
      fft.inverse_time(work.data(), u, {ring.data(), 0, ring.size() - 1}, scratch.data());
  });
}

// Per bin and partition; 15 partitions, as the optimum has them, of `size` bins.
double multiply_ns(int size) {
  constexpr int kParts = 15, kWidth = 16;
  Arena arena;
  const auto count = static_cast<std::size_t>(2 * size * kParts);
  const auto x = noise(arena, count), h = noise(arena, count);
  const auto sum = arena.claim<float>(static_cast<std::size_t>(2 * size));
  const std::ptrdiff_t stride = 2 * kWidth * kParts;
  return least_ns([&] {
           std::ranges::fill(sum, 0.0f);
           kernels::multiply_accumulate_spectra(x.data(), stride, h.data(), stride, kParts,
                                                size / kWidth, kWidth, sum.data());
         }) /
         (static_cast<double>(size) * kParts);
}

double tap_ns() {
  constexpr int kTaps = 64, kSamples = 128;
  Arena arena;
  const auto x = noise(arena, kTaps + kSamples), h = noise(arena, kTaps);
  const auto y = arena.claim<float>(kSamples);
  return least_ns([&] {
           std::ranges::fill(y, 0.0f);
           kernels::fir(x.data() + kTaps, h.data(), kTaps, kSamples, y.data());
         }) /
         (kTaps * kSamples);
}

}  // namespace

ConvCosts measure_conv_costs() {
  constexpr int kBins = 4096;  // of a stage of middling size
  ConvCosts costs{};
  for (int bits = ConvCosts::kSmallest; bits <= ConvCosts::kLargest; ++bits)
    costs.transforms[static_cast<std::size_t>(bits)] = transforms_ns(1 << bits);
  costs.multiply = multiply_ns(kBins);
  costs.direct = tap_ns();
  return costs;
}

}  // namespace limpid::dsp
