// SPDX-License-Identifier: MIT
// What tests of offline convolutions start from: operands, one call, and the definition in double.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <memory>
#include <vector>

#include "lib/dsp/long_conv.h"
#include "tests/kernels/every_target.h"

namespace limpid::dsp {

// Memory behind a view, no vector's favourite address.
struct Operand {
  std::ptrdiff_t lanes, channels, samples;
  std::vector<float> values;

  Operand(std::ptrdiff_t l, std::ptrdiff_t c, std::ptrdiff_t n, unsigned seed, float level = 1)
      : lanes(l),
        channels(c),
        samples(n),
        values(kernels::noise(static_cast<std::size_t>(l * c * n + 1), seed, level)) {}
  TensorView<float, 3> view() { return {values.data() + 1, {lanes, channels, samples}}; }
  AudioView<const float> rows() { return {values.data() + 1, {lanes * channels, samples}}; }
};

inline std::shared_ptr<const LongConvPlan> long_plan(LongConvSpec spec) {
  auto plan = LongConvPlan::create(std::move(spec));
  EXPECT_TRUE(plan) << plan.error().message;
  return *plan;
}

inline LongConv long_conv(const std::shared_ptr<const LongConvPlan>& plan,
                          AudioView<const float> taps, int threads = 1) {
  auto filter = LongConvFilter::create(plan, taps);
  EXPECT_TRUE(filter) << filter.error().message;
  auto conv = LongConv::open(*filter, threads);
  EXPECT_TRUE(conv) << conv.error().message;
  return *std::move(conv);
}

// One row of the definition.
inline std::vector<double> defined(std::span<const float> taps, std::span<const float> u,
                                   const float* before, const float* after, bool circular) {
  const std::size_t n = u.size();
  std::vector<double> x(n), y(n);
  for (std::size_t t = 0; t < n; ++t) x[t] = double{u[t]} * (before != nullptr ? before[t] : 1.0f);
  for (std::size_t j = 0; j < taps.size() && (circular || j < n); ++j) {
    const std::size_t late = j % n;
    for (std::size_t t = late; t < n; ++t) y[t] += double{taps[j]} * x[t - late];
    for (std::size_t t = 0; circular && t < late; ++t) y[t] += double{taps[j]} * x[t + n - late];
  }
  for (std::size_t t = 0; after != nullptr && t < n; ++t) y[t] *= double{after[t]};
  return y;
}

// Signal to noise in dB; what is not finite counts as noise.
inline double snr(std::span<const float> got, std::span<const double> want) {
  double signal = 0, error = 1e-300;
  for (std::size_t t = 0; t < want.size(); ++t) {
    const double difference = got[t] - want[t];
    signal += want[t] * want[t];
    error += std::isfinite(difference) ? difference * difference : 1e30;
  }
  return 10 * std::log10(signal / error);
}

// The definition of every row, and how far the worst row of results is from it.
class Definition {
 public:
  Definition(AudioView<const float> taps, TensorView<const float, 3> u, bool circular,
             const LongConvGates& gates = {}) {
    for (std::ptrdiff_t lane = 0; lane < u.extent(0); ++lane)
      for (std::ptrdiff_t h = 0; h < u.extent(1); ++h) {
        const auto gate = [&](const TensorView<const float, 3>& g) {
          return g.data() != nullptr ? g[lane][h].data() : nullptr;
        };
        rows_.push_back(defined(taps[taps.extent(0) == 1 ? 0 : h].span(), u[lane][h].span(),
                                gate(gates.before), gate(gates.after), circular));
      }
  }

  double snr_of(TensorView<const float, 3> y) const {
    double worst = 1e9;
    for (std::size_t row = 0; row < rows_.size(); ++row) {
      const auto [lane, h] = std::div(static_cast<std::ptrdiff_t>(row), y.extent(1));
      worst = std::min(worst, snr(y[lane][h].span(), rows_[row]));
    }
    return worst;
  }

 private:
  std::vector<std::vector<double>> rows_;
};

}  // namespace limpid::dsp
