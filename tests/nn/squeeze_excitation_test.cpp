// SPDX-License-Identifier: MIT
// Squeeze-excitation against its definition, for every way of pooling.
#include "lib/nn/squeeze_excitation.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tests/nn/naive.h"
#include "tests/nn/owned_activation.h"
#include "tests/support/weights_builder.h"

namespace limpid::nn {
namespace {

using test::Complex;
using test::expect_near;
using test::Owned;
using test::WeightsBuilder;

// One branch of the gate: Linear, ReLU, Linear, Sigmoid.
struct NaiveBranch {
  std::vector<double> run(const std::vector<double>& x) const {
    std::vector<double> hidden(b0.size()), y(b2.size());
    for (std::size_t h = 0; h < hidden.size(); ++h) {
      hidden[h] = b0[h];
      for (std::size_t c = 0; c < x.size(); ++c) hidden[h] += w0[h * x.size() + c] * x[c];
      hidden[h] = std::max(hidden[h], 0.0);
    }
    for (std::size_t c = 0; c < y.size(); ++c) {
      double sum = b2[c];
      for (std::size_t h = 0; h < hidden.size(); ++h) sum += w2[c * hidden.size() + h] * hidden[h];
      y[c] = 1 / (1 + std::exp(-sum));
    }
    return y;
  }
  std::vector<float> w0, b0, w2, b2;
};

NaiveBranch add_branch(WeightsBuilder& file, const std::string& name, int channels, int hidden) {
  return {file.add(name + ".0.weight", {hidden, channels}, 1.0f),
          file.add(name + ".0.bias", {hidden}, 0.5f),
          file.add(name + ".2.weight", {channels, hidden}, 1.0f),
          file.add(name + ".2.bias", {channels}, 0.5f)};
}

class Squeeze : public testing::TestWithParam<Pooling> {};

TEST_P(Squeeze, MatchesItsDefinition) {
  const int channels = 10, hidden = 5, frames = 7, rows = 9, lanes = 2, horizon = 4;
  WeightsBuilder file(11);
  const auto r = add_branch(file, "s.fc_r", channels, hidden),
             i = add_branch(file, "s.fc_i", channels, hidden);
  auto weights = file.weights();
  auto layer = SqueezeExcitation::load(weights, "s", {GetParam(), channels, 2, horizon}, {});
  ASSERT_TRUE(layer) << layer.error().message;
  const Owned before(lanes, frames, rows, channels, 0, 12);
  const Owned x(lanes, frames, rows, channels, 0, 12);
  Arena arena;
  SqueezeState state(arena, lanes, channels);
  std::vector<float> scratch(layer->scratch(lanes));
  layer->run(x.view, state, scratch);

  for (int lane = 0; lane < lanes; ++lane) {
    auto want = before.lane(lane);
    std::vector<double> re(channels), im(channels);
    if (GetParam() == Pooling::global)
      for (std::size_t n = 0; n < want.values.size(); ++n) {
        re[n % channels] += want.values[n].real() / (frames * rows);
        im[n % channels] += want.values[n].imag() / (frames * rows);
      }
    for (int t = 0; t < frames; ++t) {
      if (GetParam() == Pooling::running)
        for (int c = 0; c < channels; ++c) {
          Complex mean = 0;
          for (int f = 0; f < rows; ++f) mean += want.get(t, f, c) / static_cast<double>(rows);
          const auto at = static_cast<std::size_t>(c);
          re[at] += (mean.real() - re[at]) / std::min(t + 1, horizon);
          im[at] += (mean.imag() - im[at]) / std::min(t + 1, horizon);
        }
      const auto rr = r.run(re), ri = r.run(im), ir = i.run(re), ii = i.run(im);
      for (int f = 0; f < rows; ++f)
        for (int c = 0; c < channels; ++c) {
          const auto at = static_cast<std::size_t>(c);
          Complex& v = want.at(t, f, c);
          v = {v.real() * (rr[at] - ii[at]), v.imag() * (ri[at] + ir[at])};
        }
    }
    expect_near(x.lane(lane), want, 3e-6);
  }
}

INSTANTIATE_TEST_SUITE_P(Poolings, Squeeze, testing::Values(Pooling::global, Pooling::running));

TEST(Squeeze, FrozenGainsAreConstants) {
  const int channels = 3, lanes = 2;
  const std::vector<float> gains{0.5f, -1.0f, 2.0f, 0.0f, 1.0f, 3.0f};  // re, then im
  auto weights = WeightsBuilder(1).weights();
  auto layer = SqueezeExcitation::load(weights, "s", {Pooling::frozen, channels, 1, 1}, gains);
  ASSERT_TRUE(layer) << layer.error().message;
  const Owned before(lanes, 4, 5, channels, 0, 2), x(lanes, 4, 5, channels, 0, 2);
  SqueezeState state;
  layer->run(x.view, state, {});
  for (int block = 0; block < 2 * lanes; ++block)
    for (int t = 0; t < 4; ++t)
      for (int f = 0; f < 5; ++f)
        for (int c = 0; c < channels; ++c) {
          const float gain = gains[static_cast<std::size_t>(block < lanes ? c : channels + c)];
          EXPECT_EQ(x.view.at(block, t, f)[c], gain * before.view.at(block, t, f)[c]);
        }
}

}  // namespace
}  // namespace limpid::nn
