// SPDX-License-Identifier: MIT
// Products in a ring against the oracle: every size, both rings, gates, pieces that begin and end
// anywhere, factors left out.
#include "lib/kernels/monarch.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "lib/base/arena.h"
#include "tests/kernels/every_target.h"
#include "tests/support/realtime_guard.h"

namespace limpid::kernels {
namespace {

using Monarch = EveryTarget;
INSTANTIATE_EVERY_TARGET(Monarch);

// Signal to noise in dB; what is not finite counts as noise.
double snr(std::span<const float> got, std::span<const float> want) {
  double signal = 0, error = 0;
  for (std::size_t i = 0; i < want.size(); ++i) {
    const double difference = double{got[i]} - want[i];
    signal += double{want[i]} * want[i];
    error += std::isfinite(difference) ? difference * difference : 1e30;
  }
  return 10 * std::log10(signal / (error + 1e-300));
}

// Memory and calls of one plan.
struct Bench {
  MonarchPlan plan;
  Arena arena;
  std::span<float> scratch, values;
  Bench(std::size_t size, Ring ring)
      : plan(size, ring),
        scratch(arena.claim<float>(2 * size)),
        values(arena.claim<float>(2 * size)) {}

  MonarchSpectrum spectrum(const BlockInput& filter) {
    monarch_transform(plan, filter, 1.0f / static_cast<float>(plan.size()), values);
    return {values, {}};
  }
};

BlockInput whole(const std::vector<float>& re, const std::vector<float>& im) {
  const auto n = static_cast<std::ptrdiff_t>(re.size());
  return {{{re.data(), nullptr, 0, n}, {}}, {{im.data(), nullptr, 0, n}, {}}};
}

TEST_P(Monarch, MatchesReferenceInBothRingsAtEveryLevel) {
  for (std::size_t size = MonarchPlan::least_size(); size <= 2048; size *= 2) {
    for (const Ring ring : {Ring::cyclic, Ring::quarter}) {
      for (const float level : {1.0f, 1e-2f, 1e-4f}) {
        Bench bench(size, ring);
        const auto k = noise(size, 1), ki = noise(size, 2);
        const auto x = noise(size, 3, level), xi = noise(size, 4, level);
        std::vector<float> want(2 * size);
        Fenced got(2 * size);
        const auto n = static_cast<std::ptrdiff_t>(size);
        const auto spectrum = bench.spectrum(whole(k, ki));
        monarch_convolve(bench.plan, spectrum, whole(x, xi),
                         {{got.data(), nullptr, 0, n}, {got.data() + n, nullptr, 0, n}},
                         bench.scratch);
        reference::ring_convolve(size, ring, whole(k, ki), whole(x, xi),
                                 {{want.data(), nullptr, 0, n}, {want.data() + n, nullptr, 0, n}});
        ASSERT_GT(snr({got.data(), got.size()}, want), 125) << size;
        ASSERT_FALSE(got.broken());
      }
    }
  }
}

TEST_P(Monarch, ReadsAndWritesOnlyItsPieces) {
  const std::size_t size = 256;
  const auto n = static_cast<std::ptrdiff_t>(size);
  Bench bench(size, Ring::quarter);
  const auto k = noise(size, 1), x = noise(2 * size, 3), gate = noise(2 * size, 4);
  const BlockInput filter{{{k.data(), nullptr, 0, 77}, {}}, {}};
  const auto spectrum = bench.spectrum(filter);
  for (std::ptrdiff_t begin = 0; begin < 20; ++begin) {
    const std::ptrdiff_t end = n - 3 * begin, split = begin + 13;
    const BlockInput in{
        {{x.data(), gate.data(), begin, split}, {x.data() + 9, nullptr, split, end}},
        {{x.data() + n, gate.data() + n, begin, n / 2}, {}}};
    Fenced got(static_cast<std::size_t>(end - begin)), want(static_cast<std::size_t>(end - begin));
    monarch_convolve(bench.plan, spectrum, in, {{got.data() - begin, gate.data(), begin, end}, {}},
                     bench.scratch);
    reference::ring_convolve(size, Ring::quarter, filter, in,
                             {{want.data() - begin, gate.data(), begin, end}, {}});
    ASSERT_GT(snr({got.data(), got.size()}, {want.data(), want.size()}), 125) << begin;
    ASSERT_FALSE(got.broken());
  }
}

TEST_P(Monarch, FrequenciesAreWhatAToneFinds) {
  for (const std::size_t size : {std::size_t{64}, std::size_t{512}}) {
    for (const Ring ring : {Ring::cyclic, Ring::quarter}) {
      Bench bench(size, ring);
      const auto order = bench.plan.frequencies();
      const double turn = ring == Ring::quarter ? 0.75 : 0.0;
      const std::size_t w = bench.plan.vector_length();
      for (const std::size_t e : {std::size_t{0}, std::size_t{1}, size / 2 + 3, size - 1}) {
        std::vector<float> re(size), im(size);
        for (std::size_t n = 0; n < size; ++n) {
          const double angle = 2 * std::numbers::pi * (turn + order[e]) * static_cast<double>(n) /
                               static_cast<double>(size);
          re[n] = static_cast<float>(std::cos(angle));
          im[n] = static_cast<float>(std::sin(angle));
        }
        const auto spectrum = bench.spectrum(whole(re, im));
        for (std::size_t other = 0; other < size; ++other) {
          const float* at = spectrum.values.data() + other / w * 2 * w + other % w;
          ASSERT_NEAR(at[0], other == e ? 1.0f : 0.0f, 1e-5f) << size << " " << e << " " << other;
          ASSERT_NEAR(at[w], 0.0f, 1e-5f);
        }
      }
    }
  }
}

TEST_P(Monarch, AFactorLeftOutIsOneOfZeros) {
  const std::size_t size = 16 * MonarchPlan::least_size();
  const auto n = static_cast<std::ptrdiff_t>(size);
  Bench bench(size, Ring::quarter);
  const auto k = noise(size, 1), x = noise(size, 3);
  auto spectrum = bench.spectrum(whole(k, x));
  std::fill_n(bench.values.begin() + n / 2, n / 2, 0.0f);  // the second quarter
  std::vector<float> with(size), without(size);
  const auto run = [&](std::vector<float>& y) {
    monarch_convolve(bench.plan, spectrum, whole(x, k), {{y.data(), nullptr, 0, n}, {}},
                     bench.scratch);
  };
  run(with);
  const std::vector<std::uint8_t> alive[] = {{1}, {1, 0, 1, 1}, std::vector<std::uint8_t>(16, 1)};
  spectrum.alive = alive;
  run(without);
  ASSERT_EQ(with, without);
}

TEST_P(Monarch, IsRealTimeSafe) {
  const std::size_t size = 8 * MonarchPlan::least_size();
  const auto n = static_cast<std::ptrdiff_t>(size);
  Bench bench(size, Ring::cyclic);
  const auto k = noise(size, 1);
  const auto spectrum = bench.spectrum(whole(k, k));
  std::vector<float> y(size);
  test::expect_realtime([&] {
    monarch_convolve(bench.plan, spectrum, whole(k, k), {{y.data(), nullptr, 0, n}, {}},
                     bench.scratch);
  });
}

}  // namespace
}  // namespace limpid::kernels
