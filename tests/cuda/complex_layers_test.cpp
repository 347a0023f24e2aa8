// SPDX-License-Identifier: MIT
// The kernels of complex layers, thread by thread, against the layers' definitions
// (tests/nn/naive.h) and against lib/nn where it has the layer.
#include <gtest/gtest.h>

#include <complex>

#include "lib/kernels/cuda/complex_product.h"
#include "lib/kernels/cuda/fsmn_sum.h"
#include "lib/kernels/cuda/memory_layers.h"
#include "tests/cuda/emulate.h"
#include "tests/cuda/noise.h"
#include "tests/cuda/product_weights.h"
#include "tests/nn/naive.h"
#include "tests/nn/owned_activation.h"

namespace limpid::kernels::cuda {
namespace {

using test::expect_near;
using test::NaiveFsmn;
using test::Owned;
using test::Spectrogram;
using test::uniform_noise;

// Rows of an activation: `rows` of them in each frame, `step` apart.
template <class T>
ComplexRows<T> rows_of(nn::Activation x, int frames, int rows, int step) {
  return {x.data,
          {x.lanes, frames, rows},
          {x.block_stride, x.frame_stride, step * x.row_stride},
          x.lanes * x.block_stride};
}

// What follows a product: scale and shift of both parts, and the slope of the leak.
struct Affine {
  std::vector<float> scale[2], shift[2];
  float slope;
  Affine(int n, float leak) : slope(leak) {
    for (unsigned part = 0; part < 2; ++part) {
      scale[part] = uniform_noise(static_cast<std::size_t>(n), 20 + part, 1.0f);
      shift[part] = uniform_noise(static_cast<std::size_t>(n), 30 + part);
    }
  }
  void apply(Spectrogram& y) const {
    for (std::size_t i = 0; i < y.values.size(); ++i) {
      const std::size_t c = i % static_cast<std::size_t>(y.channels);
      const auto leaky = [&](int part, double v) {
        v = v * scale[part][c] + shift[part][c];
        return v > 0 ? v : double{slope} * v;
      };
      y.values[i] = {leaky(0, y.values[i].real()), leaky(1, y.values[i].imag())};
    }
  }
};

ComplexProductArgs product(const ComplexRows<const float>& x, const ProductWeights& w, int segment,
                           std::int64_t segment_stride, const Affine& after,
                           const ComplexRows<float>& y) {
  ComplexProductArgs args{x,
                          w.k,
                          w.n,
                          segment,
                          segment_stride,
                          w.re.data(),
                          w.im.empty() ? nullptr : w.im.data(),
                          {after.scale[0].data(), after.scale[1].data()},
                          {after.shift[0].data(), after.shift[1].data()},
                          after.slope,
                          y};
  args.find_wide();
  return args;
}

// All tilings; results must be the same to the bit, as every sum is added in the same order.
template <ProductKind kKind>
void run_every_tiling(const ComplexProductArgs& args, Owned& out) {
  emulate_tiles<ComplexProduct<16, kKind>>(args);
  const auto first = out.memory;
  std::ranges::fill(out.memory, 0.0f);
  emulate_tiles<ComplexProduct<32, kKind>>(args);
  EXPECT_EQ(out.memory, first);
  std::ranges::fill(out.memory, 0.0f);
  emulate_tiles<ComplexProduct<64, kKind>>(args);
  EXPECT_EQ(out.memory, first);
}

struct Case {
  int in, out, kernel, rows, frames, lanes;
};
const Case kCases[] = {{1, 3, 5, 161, 4, 1},  {4, 7, 5, 11, 3, 2}, {3, 1, 2, 2, 1, 3},
                       {16, 24, 6, 17, 9, 1}, {5, 5, 3, 8, 2, 1},  {17, 70, 5, 7, 5, 2}};

TEST(CudaComplexLayers, Convolution) {
  for (const Case& c : kCases) {
    if (c.rows < c.kernel) continue;
    const auto size = static_cast<std::size_t>(c.out * c.in * c.kernel * 2);
    const test::ComplexKernel kernel{
        uniform_noise(size, 1), uniform_noise(size, 2), {c.out, c.in, c.kernel, 2}};
    const auto weights = conv_weights(kernel.re, kernel.im, c.in, c.out, c.kernel);
    const Affine after(c.out, 0.01f);
    const int out_rows = (c.rows - c.kernel) / 2 + 1;
    const Owned in(c.lanes, c.frames + 1, c.rows, c.in, 0, 3);
    Owned out(c.lanes, c.frames, out_rows, c.out);
    run_every_tiling<ProductKind::complex>(
        product(rows_of<const float>(in.view, c.frames, out_rows, 2), weights, c.kernel * c.in,
                in.view.frame_stride, after, rows_of<float>(out.view, c.frames, out_rows, 1)),
        out);
    for (int lane = 0; lane < c.lanes; ++lane) {
      auto want = test::convolve(in.lane(lane), kernel);
      after.apply(want);
      expect_near(out.lane(lane), want, 2e-6);
    }
  }
}

TEST(CudaComplexLayers, TransposedConvolution) {
  for (const Case& c : kCases) {
    const auto size = static_cast<std::size_t>(c.out * c.in * c.kernel * 2);
    const test::ComplexKernel kernel{
        uniform_noise(size, 4), uniform_noise(size, 5), {c.in, c.out, c.kernel, 2}};
    const Affine after(c.out, 0.01f);
    const int out_rows = (c.rows - 1) * 2 + c.kernel, pad = (c.kernel + 1) / 2 - 1;
    const Owned in(c.lanes, c.frames + 1, c.rows, c.in, pad, 6);
    Owned out(c.lanes, c.frames, out_rows, c.out);
    for (int parity = 0; parity < 2; ++parity) {
      const auto weights = transposed_weights(kernel.re, kernel.im, c.in, c.out, c.kernel, parity);
      const int taps = transposed_taps(c.kernel, parity), rows = (out_rows + 1 - parity) / 2;
      const auto first = in.padded.slice_rows(pad + 1 - taps, rows);
      const auto args =
          product(rows_of<const float>(first, c.frames, rows, 1), weights, taps * c.in,
                  in.view.frame_stride, after,
                  rows_of<float>(out.view.slice_rows(parity, rows), c.frames, rows, 2));
      emulate_tiles<ComplexProduct<32, ProductKind::complex>>(args);
    }
    for (int lane = 0; lane < c.lanes; ++lane) {
      auto want = test::convolve_transposed(in.lane(lane), kernel);
      after.apply(want);
      expect_near(out.lane(lane), want, 2e-6);
    }
  }
}

NaiveFsmn fsmn(int channels, int order, unsigned seed) {
  const auto n = static_cast<std::size_t>(channels);
  return {uniform_noise(n * n, seed),
          uniform_noise(n, seed + 1),
          uniform_noise(n * n, seed + 2),
          uniform_noise(n * static_cast<std::size_t>(order), seed + 3),
          channels,
          order};
}

// F and G side by side: linear and ReLU, projections, then memory and residual.
void run_fsmn(const NaiveFsmn& f, const NaiveFsmn& g, const Owned& in, Owned& out) {
  const int channels = f.channels, wide = 2 * channels;
  const nn::Activation x = in.view;
  Owned hidden(x.lanes, x.frames, x.rows, wide), p(x.lanes, x.frames, x.rows, wide);
  std::vector<float> linear = f.linear, bias = f.bias;
  linear.insert(linear.end(), g.linear.begin(), g.linear.end());
  bias.insert(bias.end(), g.bias.begin(), g.bias.end());
  Affine relu(wide, 0.0f), plain(channels, 1.0f);
  for (int part = 0; part < 2; ++part) {
    std::ranges::fill(relu.scale[part], 1.0f);
    relu.shift[part] = bias;
    std::ranges::fill(plain.scale[part], 1.0f);
    std::ranges::fill(plain.shift[part], 0.0f);
  }
  const auto first = linear_weights(linear, channels, wide);
  run_every_tiling<ProductKind::real_weights>(
      product(rows_of<const float>(x, x.frames, x.rows, 1), first, channels, 0, relu,
              rows_of<float>(hidden.view, x.frames, x.rows, 1)),
      hidden);
  for (int part = 0; part < 2; ++part) {
    const auto second = linear_weights(part == 0 ? f.project : g.project, channels, channels);
    const auto from = hidden.view.slice_channels(part * channels, channels);
    const auto to = p.view.slice_channels(part * channels, channels);
    emulate_tiles<ComplexProduct<32, ProductKind::real_weights>>(
        product(rows_of<const float>(from, x.frames, x.rows, 1), second, channels, 0, plain,
                rows_of<float>(to, x.frames, x.rows, 1)));
  }
  std::vector<float> w;
  for (int j = 0; j < f.order; ++j)
    for (const NaiveFsmn* which : {&f, &g})
      for (int c = 0; c < channels; ++c)
        w.push_back(which->taps[static_cast<std::size_t>(c * f.order + j)] +
                    (j + 1 == f.order ? 1.0f : 0.0f));
  const auto along = [](nn::Activation a) {
    return Sequences<float>{
        a.data, {a.block_stride, a.frame_stride}, a.row_stride, a.lanes * a.block_stride};
  };
  const auto read = [&](nn::Activation a) {
    const auto s = along(a);
    return Sequences<const float>{s.data, {s.stride[0], s.stride[1]}, s.step, s.imaginary};
  };
  emulate<FsmnSum<float>>({read(x),
                           read(p.view),
                           along(out.view),
                           w.data(),
                           {x.lanes, x.frames},
                           x.rows,
                           channels,
                           f.order,
                           0});
}

TEST(CudaComplexLayers, SequenceMemory) {
  for (const auto& [channels, order, rows] :
       {std::array{3, 20, 1}, {4, 20, 2}, {5, 20, 37}, {16, 3, 11}, {33, 20, 25}}) {
    const NaiveFsmn f = fsmn(channels, order, 40), g = fsmn(channels, order, 50);
    const Owned in(2, 3, rows, channels, 0, 5);
    Owned out(2, 3, rows, channels);
    run_fsmn(f, g, in, out);
    for (int lane = 0; lane < 2; ++lane) {
      const Spectrogram x = in.lane(lane);
      Spectrogram want(3, rows, channels);
      for (int t = 0; t < 3; ++t) {
        std::vector<double> re, im;
        for (int i = 0; i < rows * channels; ++i) {
          re.push_back(x.values[static_cast<std::size_t>(t * rows * channels + i)].real());
          im.push_back(x.values[static_cast<std::size_t>(t * rows * channels + i)].imag());
        }
        const auto fr = f.run(re), fi = f.run(im), gr = g.run(re), gi = g.run(im);
        for (std::size_t i = 0; i < re.size(); ++i)
          want.values[static_cast<std::size_t>(t * rows * channels) + i] = {fr[i] - gi[i],
                                                                            fi[i] + gr[i]};
      }
      expect_near(out.lane(lane), want, 3e-6);
    }
  }
}

// Streams: some steps before the first are there and others are not, as little as those behind the
// last; sequences lie apart, and outputs take the place of inputs.
TEST(CudaComplexLayers, SequenceMemoryOfStreams) {
  for (const auto& [channels, taps, steps, history] : {std::array{1, 20, 1, 19},
                                                       {33, 20, 8, 19},
                                                       {40, 3, 9, 1},
                                                       {64, 1, 17, 0},
                                                       {70, 9, 23, 20}}) {
    constexpr int kLanes = 2, kOthers = 3, kGap = 5;
    const std::ptrdiff_t wide = 2 * channels + kGap, sequence = (history + steps + 2) * wide,
                         part = kLanes * kOthers * sequence;
    const auto size = static_cast<std::size_t>(2 * part);
    auto x = uniform_noise(size, 1);
    std::vector<float> p(size, NAN);
    const auto w = uniform_noise(static_cast<std::size_t>(2 * taps * channels), 2),
               heard = uniform_noise(size, 3);
    const auto at = [&](int which, int i, int j, int s, int c) {
      return static_cast<std::size_t>(which * part + (i * kOthers + j) * sequence +
                                      (history + 1 + s) * wide + c);
    };
    const auto each = [&](auto f) {
      for (int i = 0; i < kLanes; ++i)
        for (int j = 0; j < kOthers; ++j) f(i, j);
    };
    each([&](int i, int j) {
      for (int which = 0; which < 2; ++which)
        for (int s = -history; s < steps; ++s)
          for (int c = 0; c < 2 * channels; ++c)
            p[at(which, i, j, s, c)] = heard[at(which, i, j, s, c)];
    });
    const auto before = x;
    const auto lies = [&]<class T>(T* data) {
      return Sequences<T>{data + at(0, 0, 0, 0, 0), {kOthers * sequence, sequence}, wide, part};
    };
    FsmnSumArgs args{lies(std::as_const(x).data()),
                     lies(std::as_const(p).data()),
                     lies(x.data()),
                     w.data(),
                     {kLanes, kOthers},
                     steps,
                     channels,
                     taps,
                     history};
    emulate<FsmnSum<float>>(args);
    auto want = before;
    each([&](int i, int j) {
      for (int s = 0; s < steps; ++s)
        for (int c = 0; c < channels; ++c) {
          std::complex<double> f = 0, g = 0;
          for (int k = 0; k < taps; ++k) {
            const int from = s - (taps - 1) + k;
            if (from < -history) continue;
            const auto weight = [&](int n) {
              return double{w[static_cast<std::size_t>(k * 2 * channels + n)]};
            };
            const auto in = [&](int n) {
              return std::complex<double>(p[at(0, i, j, from, n)], p[at(1, i, j, from, n)]);
            };
            f += weight(c) * in(c);
            g += weight(channels + c) * in(channels + c);
          }
          const std::complex<double> here(before[at(0, i, j, s, c)], before[at(1, i, j, s, c)]);
          const auto y = here + f + std::complex<double>(0, 1) * (here + g);
          want[at(0, i, j, s, c)] = static_cast<float>(y.real());
          want[at(1, i, j, s, c)] = static_cast<float>(y.imag());
        }
    });
    for (std::size_t n = 0; n < size; ++n) ASSERT_NEAR(x[n], want[n], 1e-5) << n;

    // Gains multiply y, or x, and change nothing else.
    const auto gains = uniform_noise(static_cast<std::size_t>(2 * channels), 4);
    const auto gated = [&](std::vector<float> values) {
      each([&](int i, int j) {
        for (int which = 0; which < 2; ++which)
          for (int s = 0; s < steps; ++s)
            for (int c = 0; c < channels; ++c)
              values[at(which, i, j, s, c)] *=
                  gains[static_cast<std::size_t>(which * channels + c)];
      });
      return values;
    };
    const auto sums = x;
    args.gain = gains.data();
    x = before;
    emulate<FsmnSum<float>>(args);
    EXPECT_EQ(x, gated(sums));
    x = before;
    auto y = before;
    args.y = lies(y.data());
    args.gated = lies(x.data());
    emulate<FsmnSum<float>>(args);
    EXPECT_EQ(y, sums);
    EXPECT_EQ(x, gated(before));
  }
}

TEST(CudaComplexLayers, FramesBeforeAStreamBecomeSilent) {
  constexpr int kLanes = 2, kFrames = 3, kGap = 4;
  const std::vector<float> alive{0, 1, 1, 0, 0, 1};  // [lane][frame]
  for (const int width : {1, 31, 32, 33, 200}) {
    const std::ptrdiff_t frame = width + kGap, lane = kFrames * frame, part = kLanes * lane;
    auto y = uniform_noise(static_cast<std::size_t>(2 * part), 1);
    auto want = y;
    for (std::ptrdiff_t n = 0; n < 2 * part; ++n)
      if (n % frame < width && alive[static_cast<std::size_t>(n % part / frame)] == 0)
        want[static_cast<std::size_t>(n)] = 0;
    emulate<Silence>(
        {{y.data(), lane, frame, part}, {alive.data(), kFrames, 1, 0}, kLanes, kFrames, width});
    EXPECT_EQ(y, want) << width;
  }
}

}  // namespace
}  // namespace limpid::kernels::cuda
