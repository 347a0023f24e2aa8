// SPDX-License-Identifier: MIT
// steady_filter against the oracle over many frames, for any number of inputs and bins; and that it
// stays sound where its equations are hardly solvable.
#include "lib/kernels/steady_filter.h"

#include <algorithm>
#include <cmath>

#include "tests/kernels/every_target.h"

namespace limpid::kernels {
namespace {

using Column = std::vector<std::complex<float>>;

using SteadyFilter = EveryTarget;
INSTANTIATE_EVERY_TARGET(SteadyFilter);

constexpr SteadyRule kRule{.keep = 0.98f, .loading = 1e-3f, .share = 0.5f, .limit = 2.0f};

Column column(int bins, unsigned seed) {
  const auto values = noise(2 * static_cast<std::size_t>(bins), seed);
  Column made(static_cast<std::size_t>(bins));
  for (std::size_t i = 0; i < made.size(); ++i) made[i] = {values[2 * i], values[2 * i + 1]};
  return made;
}

std::vector<const std::complex<float>*> pointers(const std::vector<Column>& columns) {
  std::vector<const std::complex<float>*> all;
  for (const Column& one : columns) all.push_back(one.data());
  return all;
}

// One input is fresh in each frame, the others are what that was in frames before.
void check(int count, int bins) {
  std::vector<float> sums(steady_floats(count, bins));
  std::vector<std::complex<double>> expected_sums(
      static_cast<std::size_t>(bins * count * (count + 1)));
  std::vector<Column> inputs(static_cast<std::size_t>(count),
                             Column(static_cast<std::size_t>(bins)));
  for (int frame = 0; frame < 40; ++frame) {
    std::rotate(inputs.rbegin(), inputs.rbegin() + 1, inputs.rend());
    inputs.front() = column(bins, static_cast<unsigned>(1 + frame));
    Column estimate = column(bins, static_cast<unsigned>(100 + frame)), expected = estimate;
    steady_filter(pointers(inputs), bins, kRule, sums.data(), estimate.data());
    reference::steady_filter(pointers(inputs), bins, kRule, expected_sums.data(), expected.data());
    for (std::size_t i = 0; i < estimate.size(); ++i)
      ASSERT_LT(std::abs(estimate[i] - expected[i]), 2e-4f)
          << "bin " << i << ", frame " << frame << ", inputs " << count << ", bins " << bins;
  }
}

TEST_P(SteadyFilter, MatchesReferenceForAnyNumberOfInputs) {
  for (int count = 1; count <= kMaxSteadyInputs; ++count) check(count, 19);
}

TEST_P(SteadyFilter, MatchesReferenceForAnyNumberOfBins) {
  for (int bins = 1; bins <= 40; ++bins) check(3, bins);
}

// What is a constant filter of the inputs is found.
TEST_P(SteadyFilter, FindsTheFilter) {
  constexpr int kBins = 17;
  constexpr SteadyRule rule{.keep = 0.99f, .loading = 1e-6f, .share = 1.0f, .limit = 1e9f};
  std::vector<float> sums(steady_floats(2, kBins));
  for (unsigned frame = 0; frame < 50; ++frame) {
    const std::vector<Column> inputs{column(kBins, 2 * frame), column(kBins, 2 * frame + 1)};
    Column estimate(kBins), wanted(kBins);
    for (std::size_t i = 0; i < kBins; ++i)
      estimate[i] = wanted[i] = 0.3f * inputs[0][i] + std::complex(0.1f, -0.6f) * inputs[1][i];
    steady_filter(pointers(inputs), kBins, rule, sums.data(), estimate.data());
    if (frame < 5) continue;
    for (std::size_t i = 0; i < kBins; ++i) ASSERT_LT(std::abs(estimate[i] - wanted[i]), 1e-3f);
  }
}

// Inputs that are all the same, silence after sound, and levels far apart: nothing but finite
// numbers, and never more than the limit allows.
TEST_P(SteadyFilter, StaysFiniteWhereInputsAreTheSame) {
  constexpr int kBins = 21;
  std::vector<float> sums(steady_floats(12, kBins));
  for (unsigned frame = 0; frame < 3000; ++frame) {
    const float level = frame < 1000 ? 1e5f : frame < 2000 ? 0.0f : 1e-6f;
    Column one = column(kBins, frame);
    for (auto& v : one) v *= level;
    const std::vector<Column> inputs(12, one);
    Column estimate = one;
    steady_filter(pointers(inputs), kBins, kRule, sums.data(), estimate.data());
    for (std::size_t i = 0; i < kBins; ++i) {
      ASSERT_TRUE(std::isfinite(estimate[i].real()) && std::isfinite(estimate[i].imag())) << frame;
      ASSERT_LE(std::abs(estimate[i]), 1.51f * std::abs(one[i])) << frame;
    }
  }
}

}  // namespace
}  // namespace limpid::kernels
