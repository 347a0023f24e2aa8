// SPDX-License-Identifier: MIT
// What tests of streaming convolutions start from.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

#include "lib/dsp/streaming_conv.h"
#include "tests/support/signals.h"

namespace limpid::dsp {

// Noise that decays over the length, as a room's response does, with a sum of squares near 1.
inline Tensor<float, 2> response(std::ptrdiff_t filters, std::ptrdiff_t taps, unsigned seed = 1) {
  Tensor<float, 2> h = test::noise(filters, taps, seed);
  for (std::ptrdiff_t f = 0; f < filters; ++f)
    for (std::ptrdiff_t i = 0; i < taps; ++i)
      h.view()[f][i] *= 9 / std::sqrt(static_cast<float>(taps)) *
                        std::exp(-3 * static_cast<float>(i) / static_cast<float>(taps));
  return h;
}

inline std::shared_ptr<const StreamingConvPlan> plan_of(const ConvSpec& spec) {
  auto plan = StreamingConvPlan::create(spec);
  EXPECT_TRUE(plan) << plan.error().message;
  return *plan;
}

inline std::shared_ptr<const ConvFilter> filter_of(
    const std::shared_ptr<const StreamingConvPlan>& plan, const Tensor<float, 2>& taps) {
  auto filter = ConvFilter::create(plan, taps.view());
  EXPECT_TRUE(filter) << filter.error().message;
  return *filter;
}

inline StreamingConv stream_of(const std::shared_ptr<const ConvFilter>& filter, int lanes = 1) {
  auto stream = StreamingConv::open(filter, lanes);
  EXPECT_TRUE(stream) << stream.error().message;
  return *std::move(stream);
}

// Everything through the stream, in calls of the given lengths.
inline Tensor<float, 2> run(StreamingConv& stream, AudioView<const float> in,
                            const std::vector<std::ptrdiff_t>& blocks) {
  Tensor<float, 2> out({stream.outputs(), in.extent(1)});
  std::ptrdiff_t at = 0;
  for (const std::ptrdiff_t count : blocks) {
    stream.process(in.slice(1, at, count), out.view().slice(1, at, count));
    at += count;
  }
  EXPECT_EQ(at, in.extent(1));
  return out;
}

// Sample t of the convolution of every route, in double.
inline double direct_sample(const ConvSpec& spec, AudioView<const float> taps,
                            AudioView<const float> in, int lane, int output, std::ptrdiff_t t) {
  double sum = 0;
  for (const auto& [from, to, filter] : spec.routes) {
    if (to != output) continue;
    const float* x = in[lane * spec.inputs + from].data();
    for (std::ptrdiff_t i = 0; i <= std::min(t, taps.extent(1) - 1); ++i)
      sum += double{taps[filter][i]} * x[t - i];
  }
  return sum;
}

// The largest difference to the direct form, late by `latency`, as a share of its peak; looks at
// every `step`-th sample from `begin` on.
inline double error_to_direct(const ConvSpec& spec, AudioView<const float> taps,
                              AudioView<const float> in, AudioView<const float> out,
                              std::int64_t latency, std::ptrdiff_t step = 1,
                              std::ptrdiff_t begin = 0) {
  double worst = 0, peak = 1e-30;
  const int lanes = static_cast<int>(in.extent(0)) / spec.inputs;
  for (int lane = 0; lane < lanes; ++lane)
    for (int o = 0; o < spec.outputs; ++o)
      for (std::ptrdiff_t t = begin; t < out.extent(1); t += step) {
        const double want = t < latency ? 0 : direct_sample(spec, taps, in, lane, o, t - latency);
        worst = std::max(worst, std::abs(want - out[lane * spec.outputs + o][t]));
        peak = std::max(peak, std::abs(want));
      }
  return worst / peak;
}

}  // namespace limpid::dsp
