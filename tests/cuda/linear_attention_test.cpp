// SPDX-License-Identifier: MIT
// Linear attention of DeFTAN-II, thread by thread, against plain loops in double and the reference
// kernels of the CPU, at awkward sizes.
#include <gtest/gtest.h>

#include <array>

#include "lib/kernels/cuda/context_products.h"
#include "lib/kernels/norms.h"
#include "tests/cuda/emulate.h"
#include "tests/cuda/noise.h"

namespace limpid::kernels::cuda {
namespace {

using test::short_noise;
using test::uniform_noise;

// One head after the other of [lane][frame][row][head][feature].
struct Attention {
  int lanes, frames, rows, heads, width;
  std::vector<float> query, key, value, mixed, context, state, total, decay;

  Attention(int l, int f, int r, int h, int w) : lanes(l), frames(f), rows(r), heads(h), width(w) {
    const auto count = size(l * f * r * h * w);
    query = uniform_noise(count, 1);
    key = uniform_noise(count, 2);
    value = uniform_noise(count, 3);
    key[count / 2] = 30;  // beyond the limit of keys along time
    mixed.resize(count);
    context.resize(size(l * f * h * w * w));
    state = uniform_noise(size(l * r * h * w * w), 4);
    total = uniform_noise(size(l * r * h * w), 5, 2);
    decay = uniform_noise(size(h), 6, 0.5f);
  }
  LinearAttentionArgs args() {
    const std::int64_t frame = rows * heads * width, lane = frame * frames;
    return {{query.data(), lane, frame, 0},
            {key.data(), lane, frame, 0},
            {value.data(), lane, frame, 0},
            {mixed.data(), lane, frame, 0},
            context.data(),
            state.data(),
            total.data(),
            decay.data(),
            lanes,
            frames,
            rows,
            heads,
            width};
  }
  Matrix<float> head(std::vector<float>& values, int lane, int frame, int h) {
    const std::int64_t inner = heads * width;
    return {values.data() + (lane * frames + frame) * rows * inner + h * width, inner, rows, width};
  }
};

const std::array<int, 5> kAttentions[] = {
    {1, 1, 1, 1, 1}, {2, 3, 5, 2, 8}, {1, 2, 30, 3, 17}, {3, 1, 9, 1, 40}, {1, 4, 7, 5, 3}};

TEST(CudaLinearAttention, AlongFrequency) {
  for (const auto& [lanes, frames, rows, heads, width] : kAttentions) {
    Attention a(lanes, frames, rows, heads, width);
    auto query = a.query, key = a.key;
    emulate<QuerySoftmax>(a.args());
    emulate<KeySoftmax>(a.args());
    emulate<GatherContext>(a.args());
    emulate<MixContext>(a.args());
    for (int at = 0; at < lanes * frames * heads; ++at) {
      const int h = at % heads, frame = at / heads % frames, lane = at / heads / frames;
      const auto q = a.head(query, lane, frame, h), k = a.head(key, lane, frame, h),
                 v = a.head(a.value, lane, frame, h), got = a.head(a.mixed, lane, frame, h);
      reference::softmax_pieces(q, width);
      std::vector<float> peak(size(width), -1e9f), sum(size(width), 0.0f),
          context(size(width * width));
      reference::column_peaks(k, peak.data());
      reference::exp_columns(k, peak.data(), 0.0f, sum.data());
      reference::outer_products(k, v, false, {context.data(), width, width, width});
      for (int r = 0; r < rows; ++r)
        for (int j = 0; j < width; ++j) {
          double want = 0;
          for (int i = 0; i < width; ++i)
            want += double{q.row(r)[i]} * context[size(i * width + j)] / sum[size(i)];
          ASSERT_NEAR(got.row(r)[j], want, 2e-6) << at << " " << r << " " << j;
        }
    }
  }
}

// Whole fours of features and channels and odd numbers of them, one tile and several.
TEST(CudaLinearAttention, ContextsOfWideHeads) {
  for (const auto& [lanes, frames, rows, inner, channels] :
       {std::array{1, 2, 30, 128, 64}, {2, 1, 70, 37, 48}, {1, 1, 130, 100, 70}, {2, 3, 1, 3, 5}}) {
    SCOPED_TRACE(inner);
    const auto count = [&, n = lanes * frames](int a, int b) { return size(n * a * b); };
    const auto x = short_noise(count(rows, inner), 1), y = short_noise(count(rows, channels), 2),
               z = uniform_noise(count(rows, channels), 3), bias = uniform_noise(size(channels), 4);
    const auto of = [&, f = frames](auto& values, int width) {
      return Frames{values.data(), std::int64_t{f} * width, std::int64_t{width}, std::int64_t{0}};
    };
    std::vector<double> want_context(count(inner, channels)), want(z.begin(), z.end());
    for (int at = 0; at < lanes * frames; ++at)
      for (int r = 0; r < rows; ++r)
        for (int i = 0; i < inner; ++i)
          for (int c = 0; c < channels; ++c)
            want_context[size((at * inner + i) * channels + c)] +=
                double{x[size((at * rows + r) * inner + i)]} *
                y[size((at * rows + r) * channels + c)];
    for (int at = 0; at < lanes * frames; ++at)
      for (int r = 0; r < rows; ++r)
        for (int c = 0; c < channels; ++c) {
          double& sum = want[size((at * rows + r) * channels + c)];
          sum += double{bias[size(c)]};
          for (int i = 0; i < inner; ++i)
            sum += double{x[size((at * rows + r) * inner + i)]} *
                   want_context[size((at * inner + i) * channels + c)];
        }
    const auto expect_same = [&]<Arithmetic kArithmetic>(double tolerance) {  // of what is added
      std::vector<float> context(want_context.size(), NAN), to = z;
      const ContextArgs args{of(x, rows * inner),
                             of(y, rows * channels),
                             of(to, rows * channels),
                             context.data(),
                             bias.data(),
                             lanes,
                             frames,
                             rows,
                             inner,
                             channels};
      emulate_tiles<GatherTiles<kArithmetic>>(args);
      for (std::size_t i = 0; i < context.size(); ++i)
        ASSERT_NEAR(context[i], want_context[i], 1e-5) << i;
      emulate_tiles<AddContextTiles<kArithmetic>>(args);
      for (std::size_t i = 0; i < to.size(); ++i) ASSERT_NEAR(to[i], want[i], tolerance) << i;
    };
    expect_same.operator()<Arithmetic::exact>(3e-4);
    expect_same.operator()<Arithmetic::tf32x3>(3e-4);
    expect_same.operator()<Arithmetic::tf32>(0.02);
    expect_same.operator()<Arithmetic::fp16>(0.02);
    expect_same.operator()<Arithmetic::bf16>(0.1);
  }
}

TEST(CudaLinearAttention, AlongTime) {
  for (const auto& [lanes, frames, rows, heads, width] : kAttentions) {
    Attention a(lanes, frames, rows, heads, width);
    auto query = a.query, key = a.key, state = a.state, total = a.total;
    emulate<QuerySoftmax>(a.args());
    emulate<RunningKeys>(a.args());
    emulate<RunningContext>(a.args());
    std::vector<float> want(size(width));
    for (int frame = 0; frame < frames; ++frame)
      for (int at = 0; at < lanes * rows * heads; ++at) {
        const int h = at % heads, row = at / heads % rows, lane = at / heads / rows;
        float* const q = a.head(query, lane, frame, h).row(row);
        reference::softmax_pieces({q, width, 1, width}, width);
        reference::attend_step(q, a.head(key, lane, frame, h).row(row),
                               a.head(a.value, lane, frame, h).row(row), width, a.decay[size(h)],
                               state.data() + at * width * width, total.data() + at * width,
                               want.data());
        for (int j = 0; j < width; ++j)
          ASSERT_NEAR(a.head(a.mixed, lane, frame, h).row(row)[j], want[size(j)], 1e-5);
      }
    for (std::size_t i = 0; i < total.size(); ++i)
      ASSERT_NEAR(a.total[i], total[i], 1e-6 * std::fabs(total[i]) + 1e-6);
    for (std::size_t i = 0; i < state.size(); ++i)
      ASSERT_NEAR(a.state[i], state[i], 1e-6 * std::fabs(state[i]) + 1e-6);
  }
}

}  // namespace
}  // namespace limpid::kernels::cuda
