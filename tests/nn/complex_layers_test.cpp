// SPDX-License-Identifier: MIT
// The layers of lib/nn against their definitions (tests/nn/naive.h) on awkward sizes.
#include <gtest/gtest.h>

#include <cmath>

#include "lib/nn/complex_conv.h"
#include "lib/nn/complex_fsmn.h"
#include "lib/nn/complex_transposed_conv.h"
#include "lib/nn/scratch.h"
#include "tests/nn/naive.h"
#include "tests/nn/owned_activation.h"
#include "tests/support/weights_builder.h"

namespace limpid::nn {
namespace {

using test::Complex;
using test::ComplexKernel;
using test::expect_near;
using test::NaiveFsmn;
using test::Owned;
using test::Spectrogram;
using test::WeightsBuilder;

ComplexKernel add_kernel(WeightsBuilder& file, const std::string& name,
                         std::vector<std::int64_t> shape) {
  ComplexKernel k{
      file.add(name + "_re.weight", shape, 0.3f), file.add(name + "_im.weight", shape, 0.3f), {}};
  for (std::size_t i = 0; i < 4; ++i) k.shape[i] = static_cast<int>(shape[i]);
  return k;
}

// Bias, batch norm and leaky ReLU on top of a naive convolution, in the published order.
struct Affine {
  Affine(WeightsBuilder& file, const std::string& conv, const std::string& norm, int channels) {
    bias_a = file.add(conv + "_re.bias", {channels}, 0.5f);
    bias_b = file.add(conv + "_im.bias", {channels}, 0.5f);
    for (int part = 0; part < 2; ++part) {
      const std::string bn = norm + (part == 0 ? ".bn_re" : ".bn_im");
      gain[part] = file.add(bn + ".weight", {channels}, 0.5f, 1.0f);
      offset[part] = file.add(bn + ".bias", {channels}, 0.5f);
      mean[part] = file.add(bn + ".running_mean", {channels}, 0.5f);
      variance[part] = file.add(bn + ".running_var", {channels}, 0.4f, 0.5f);
    }
  }
  void apply(Spectrogram& y) const {
    for (std::size_t i = 0; i < y.values.size(); ++i) {
      const std::size_t c = i % static_cast<std::size_t>(y.channels);
      y.values[i] += Complex(bias_a[c] - bias_b[c], bias_a[c] + bias_b[c]);
      y.values[i] = {norm(0, c, y.values[i].real()), norm(1, c, y.values[i].imag())};
    }
  }
  double norm(int part, std::size_t c, double x) const {
    const double v =
        (x - mean[part][c]) / std::sqrt(variance[part][c] + 1e-5) * gain[part][c] + offset[part][c];
    return v > 0 ? v : 0.01 * v;
  }
  std::vector<float> bias_a, bias_b, gain[2], offset[2], mean[2], variance[2];
};

struct Case {
  int in, out, kernel, rows, frames, lanes;
};
const Case kCases[] = {{1, 3, 5, 161, 4, 1},  {4, 7, 5, 11, 3, 2}, {3, 1, 2, 2, 1, 3},
                       {16, 24, 6, 17, 9, 1}, {5, 5, 3, 8, 2, 1},  {17, 33, 5, 7, 5, 2}};

TEST(ComplexConv, MatchesItsDefinition) {
  for (const Case& c : kCases) {
    if (c.rows < c.kernel) continue;
    WeightsBuilder file(7);
    const auto kernel = add_kernel(file, "e.conv.conv", {c.out, c.in, c.kernel, 2});
    const Affine affine(file, "e.conv.conv", "e.bn", c.out);
    auto weights = file.weights();
    const ConvShape shape{c.in, c.out, c.kernel, c.rows};
    auto layer = ComplexConv::load(weights, "e", shape);
    ASSERT_TRUE(layer) << layer.error().message;
    ASSERT_TRUE(weights.all_used());
    const Owned in(c.lanes, c.frames + 1, c.rows, c.in, 0, 3);
    const Owned out(c.lanes, c.frames, ComplexConv::out_rows(shape), c.out);
    for (std::size_t size : {layer->scratch(c.lanes), scratch_size(layer->scratch(c.lanes))}) {
      std::vector<float> scratch(size);  // one frame at a time, then all at once
      layer->run(in.view, out.view, scratch);
      for (int lane = 0; lane < c.lanes; ++lane) {
        auto want = test::convolve(in.lane(lane), kernel);
        affine.apply(want);
        expect_near(out.lane(lane), want, 2e-6);
      }
    }
  }
}

TEST(ComplexTransposedConv, MatchesItsDefinition) {
  for (const Case& c : kCases) {
    WeightsBuilder file(8);
    const auto kernel = add_kernel(file, "d.transconv.tconv", {c.in, c.out, c.kernel, 2});
    const Affine affine(file, "d.transconv.tconv", "d.bn", c.out);
    auto weights = file.weights();
    const ConvShape shape{c.in, c.out, c.kernel, c.rows};
    auto layer = ComplexTransposedConv::load(weights, "d", shape);
    ASSERT_TRUE(layer) << layer.error().message;
    const Owned in(c.lanes, c.frames + 1, c.rows, c.in, ComplexTransposedConv::padding(shape), 4);
    const Owned out(c.lanes, c.frames, ComplexTransposedConv::out_rows(shape), c.out);
    std::vector<float> scratch(scratch_size(layer->scratch(c.lanes)));
    layer->run(in.padded, out.view, scratch);
    for (int lane = 0; lane < c.lanes; ++lane) {
      auto want = test::convolve_transposed(in.lane(lane), kernel);
      affine.apply(want);
      expect_near(out.lane(lane), want, 2e-6);
    }
  }
}

NaiveFsmn add_fsmn(WeightsBuilder& file, const std::string& name, int channels, int order) {
  return {file.add(name + ".linear.weight", {channels, channels}, 0.5f),
          file.add(name + ".linear.bias", {channels}, 0.5f),
          file.add(name + ".project.weight", {channels, channels}, 0.5f),
          file.add(name + ".conv1.weight", {channels, 1, order, 1}, 0.5f),
          channels,
          order};
}

// out = (F(re) - G(im)) + j (F(im) + G(re)) over one complex sequence [step][channel].
std::vector<Complex> combine(const NaiveFsmn& f, const NaiveFsmn& g,
                             const std::vector<Complex>& x) {
  std::vector<double> re, im;
  for (const Complex& v : x) re.push_back(v.real()), im.push_back(v.imag());
  const auto fr = f.run(re), fi = f.run(im), gr = g.run(re), gi = g.run(im);
  std::vector<Complex> y;
  for (std::size_t i = 0; i < x.size(); ++i) y.emplace_back(fr[i] - gi[i], fi[i] + gr[i]);
  return y;
}

TEST(ComplexFsmn, AlongFrequencyMatchesItsDefinition) {
  for (const auto& [channels, order, rows] :
       {std::array{3, 20, 1}, {4, 20, 2}, {5, 20, 37}, {16, 3, 11}, {33, 20, 25}}) {
    WeightsBuilder file(9);
    const auto f = add_fsmn(file, "x.fsmn_re_L1", channels, order);
    const auto g = add_fsmn(file, "x.fsmn_im_L1", channels, order);
    auto weights = file.weights();
    auto layer = ComplexFsmn::load(weights, "x", 1, channels, order);
    ASSERT_TRUE(layer) << layer.error().message;
    const Owned in(2, 3, rows, channels, 0, 5);
    const Owned out(2, 3, rows, channels);
    std::vector<float> scratch(scratch_size(layer->scratch(2, rows)));
    layer->run_frequency(in.view, out.view, scratch);
    for (int lane = 0; lane < 2; ++lane) {
      const auto x = in.lane(lane);
      Spectrogram want(3, rows, channels);
      const auto frame = static_cast<std::ptrdiff_t>(rows * channels);
      for (std::ptrdiff_t t = 0; t < 3; ++t) {
        const auto begin = x.values.begin() + t * frame;
        std::ranges::copy(combine(f, g, {begin, begin + frame}), want.values.begin() + t * frame);
      }
      expect_near(out.lane(lane), want, 3e-6);
    }
  }
}

TEST(ComplexFsmn, AlongTimeRemembersBetweenCalls) {
  const int channels = 6, order = 20, frames = 50;
  WeightsBuilder file(10);
  const auto f = add_fsmn(file, "x.fsmn_re_L2", channels, order);
  const auto g = add_fsmn(file, "x.fsmn_im_L2", channels, order);
  auto weights = file.weights();
  auto layer = ComplexFsmn::load(weights, "x", 2, channels, order);
  ASSERT_TRUE(layer) << layer.error().message;
  const Owned in(1, frames, 1, channels, 0, 6);
  const Owned out(1, frames, 1, channels);
  Arena arena;
  Timeline past = layer->make_past(arena, 1, 16);
  std::vector<float> scratch(scratch_size(layer->scratch(1, 1)));
  for (int at = 0, step = 1; at < frames; at += step, step = std::min(step % 16 + 3, frames - at)) {
    step = std::min(step, frames - at);
    layer->run_time(in.view.slice_frames(at, step), out.view.slice_frames(at, step), past, scratch);
  }
  Spectrogram want(frames, 1, channels);
  want.values = combine(f, g, in.lane(0).values);
  expect_near(out.lane(0), want, 3e-6);
}

TEST(Layers, WrongShapesAreNamed) {
  WeightsBuilder file(13);
  add_kernel(file, "e.conv.conv", {3, 2, 5, 2});
  const Affine affine(file, "e.conv.conv", "e.bn", 3);
  auto weights = file.weights();
  auto layer = ComplexConv::load(weights, "e", {2, 4, 5, 11});
  ASSERT_FALSE(layer);
  for (const char* part : {"e.conv.conv_re.weight", "[4, 2, 5, 2]", "[3, 2, 5, 2]"})
    EXPECT_NE(layer.error().message.find(part), std::string::npos) << layer.error().message;
}

}  // namespace
}  // namespace limpid::nn
