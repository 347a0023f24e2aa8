// SPDX-License-Identifier: MIT
// The kernels of real networks, thread by thread, against plain loops in double and the reference
// kernels of the CPU, at awkward sizes.
#include <gtest/gtest.h>

#include <algorithm>

#include "lib/kernels/cuda/context_products.h"
#include "lib/kernels/cuda/frame_norm.h"
#include "lib/kernels/cuda/real_product.h"
#include "lib/kernels/norms.h"
#include "tests/cuda/emulate.h"
#include "tests/cuda/noise.h"
#include "tests/cuda/plane_norm.h"

namespace limpid::kernels::cuda {
namespace {

using test::short_noise;
using test::uniform_noise;

std::size_t size(std::int64_t n) {
  return static_cast<std::size_t>(n);
}

// Lanes of frames of rows, two sources: one is read at three neighbouring rows, the other two
// frames back, from memories with different histories.
struct Case {
  int lanes, frames, rows, channels, outputs;
  LinearEnd end;
};
constexpr double kLargest = 4;  // sums of products here are smaller

double ended(const Case& c, const std::vector<double>& v, int o, float slope, float before) {
  const double x = v[size(o)];
  if (c.end == LinearEnd::gelu) return 0.5 * x * (1 + std::erf(x / std::sqrt(2.0)));
  if (c.end == LinearEnd::prelu) return x > 0 ? x : double{slope} * x;
  if (c.end == LinearEnd::gate) return v[size(2 * o)] / (1 + std::exp(-v[size(2 * o + 1)]));
  return c.end == LinearEnd::add ? x + double{before} : x;
}

TEST(CudaRealLayers, ProductOfTwoSources) {
  for (const Case& c :
       {Case{1, 1, 5, 1, 3, LinearEnd::none}, Case{2, 3, 7, 4, 16, LinearEnd::add},
        Case{3, 2, 33, 6, 17, LinearEnd::gelu}, Case{1, 5, 11, 3, 70, LinearEnd::prelu},
        Case{2, 4, 40, 8, 34, LinearEnd::gate}, Case{1, 2, 300, 20, 64, LinearEnd::none},
        Case{1, 1, 70, 16, 130, LinearEnd::add}}) {
    SCOPED_TRACE(c.outputs);
    const int frame = c.rows * c.channels, k = 4 * c.channels, pitch = product_pitch(c.outputs);
    const int bound = c.rows - 1;  // the last row is not of the layer
    const auto near = short_noise(size(c.lanes * c.frames * frame), 1),
               past = short_noise(size(c.lanes * (c.frames + 2) * frame), 2),
               w = short_noise(size(k * pitch), 3), bias = uniform_noise(size(c.outputs), 4),
               slope = uniform_noise(size(c.outputs), 5);
    const int y_row = c.outputs + (c.outputs % 2 == 0 ? 4 - c.outputs % 4 : 3);
    const auto before = uniform_noise(size(c.lanes * c.frames * c.rows * y_row), 6);
    RealProductArgs args{};
    for (int tap = 0; tap < 3; ++tap)
      args.segments[tap] = {near.data() + (tap - 1) * c.channels, c.frames * frame, tap - 1};
    args.segments[3] = {past.data(), (c.frames + 2) * frame, 0};
    args.count[0] = c.lanes;
    args.count[1] = c.frames;
    args.count[2] = c.rows;
    args.middle = frame;
    args.inner = args.segment = c.channels;
    args.bound = bound;
    args.k = k;
    args.n = c.outputs;
    args.wide = args.whole_fours();
    EXPECT_EQ(args.wide, c.channels % 4 == 0);
    args.bias = bias.data();
    args.slope = slope.data();
    args.end = c.end;
    const auto run = [&]<int kColumns, Arithmetic kArithmetic>() {
      auto y = before;
      const auto words = weight_words(kArithmetic, w, pitch);
      args.w = words.data();
      args.y = {y.data(),
                {c.lanes, c.frames, c.rows},
                {c.frames * c.rows * y_row, c.rows * y_row, y_row},
                0};
      args.wide_y = args.whole_fours_of_y();
      emulate_tiles<RealProduct<kColumns, kArithmetic>>(args);
      return y;
    };
    const auto tilings = [&]<Arithmetic kArithmetic>() {
      const auto y = run.operator()<16, kArithmetic>();
      EXPECT_EQ(y, (run.operator()<32, kArithmetic>()));
      EXPECT_EQ(y, (run.operator()<64, kArithmetic>()));
      EXPECT_EQ(y, (run.operator()<128, kArithmetic>()));
      return y;
    };
    const auto y = tilings.operator()<Arithmetic::exact>();
    for (const Arithmetic arithmetic : kArithmetics) {
      const auto tensor = with_arithmetic(arithmetic, tilings);
      const double coarse = c.end == LinearEnd::gelu ? 5e-5 + 0x1p-12 * kLargest : 2e-5;
      for (std::size_t i = 0; i < y.size(); ++i) ASSERT_NEAR(tensor[i], y[i], coarse) << i;
    }

    for (int row = 0; row < c.lanes * c.frames * c.rows; ++row) {
      const int r = row % c.rows, f = row / c.rows % c.frames, lane = row / c.rows / c.frames;
      std::vector<double> v(bias.begin(), bias.end());
      for (int p = 0; p < k; ++p) {
        const int tap = p / c.channels, from = tap < 3 ? r + tap - 1 : r;
        if (from < 0 || from >= bound) continue;
        const float x =
            tap < 3
                ? near[size(((lane * c.frames + f) * c.rows + from) * c.channels + p % c.channels)]
                : past[size(((lane * (c.frames + 2) + f) * c.rows + r) * c.channels +
                            p % c.channels)];
        for (int o = 0; o < c.outputs; ++o) v[size(o)] += double{x} * w[size(p * pitch + o)];
      }
      for (const double sum : v) ASSERT_LT(std::abs(sum), kLargest);
      for (int o = 0; o < y_row; ++o) {
        const auto at = size(row * y_row + o);
        if (o < (c.end == LinearEnd::gate ? c.outputs / 2 : c.outputs))
          ASSERT_NEAR(y[at], ended(c, v, o, slope[size(o)], before[at]), 1e-5) << row << " " << o;
        else
          ASSERT_EQ(y[at], before[at]) << "beyond the outputs";
      }
    }
  }
}

TEST(CudaRealLayers, DivisorsDivide) {
  constexpr std::int64_t kMost = UINT32_MAX;
  for (const std::int32_t by : {1, 2, 3, 5, 64, 96, 251, 257, 4096, 65537, 99999989, INT32_MAX}) {
    const Divisor divisor(by);
    for (const std::int64_t near : {std::int64_t{0}, std::int64_t{by}, std::int64_t{7} * by,
                                    kMost / by * by, kMost / 3, std::int64_t{INT32_MAX}, kMost})
      for (std::int64_t n = near - 2; n <= near + 2; ++n) {
        if (n < 0 || n > kMost) continue;
        auto left = static_cast<std::uint32_t>(n);
        ASSERT_EQ(divisor.divide(left), n / by) << n << " by " << by;
        ASSERT_EQ(left, n % by) << n << " by " << by;
      }
  }
}

// Which program takes a product.
TEST(CudaRealLayers, ManyRowsTakeWideBlocks) {
  const auto columns = [](int n, std::int64_t rows) {
    return with_real_product<Arithmetic::fp16>(n, rows, []<class Program>() {
      return Program::Tile::kPitchW - Program::Tiles::Sums::kPadW;
    });
  };
  EXPECT_EQ(columns(128, kManyRows), 128);
  EXPECT_EQ(columns(65, kManyRows), 128);
  EXPECT_EQ(columns(192, kManyRows), 64) << "three of 64 waste less than two of 128";
  EXPECT_EQ(columns(128, kManyRows - 1), 64);
  EXPECT_EQ(columns(64, kManyRows), 64);
  EXPECT_EQ(columns(32, kManyRows), 32);
  EXPECT_EQ(columns(3, kManyRows), 16);
}

TEST(CudaRealLayers, Norms) {
  constexpr float kEpsilon = 1e-5f;
  for (const auto& [lanes, frames, rows, channels] :
       {std::array{1, 1, 1, 1}, {2, 3, 5, 6}, {1, 2, 300, 16}, {3, 1, 9, 512}, {1, 1, 3, 1024}}) {
    const auto count = size(lanes * frames * rows * channels), all = size(channels);
    for (const float offset : {0.0f, 30.0f}) {
      const auto x = uniform_noise(count, 1, offset), gain = uniform_noise(all, 2, 1),
                 shift = uniform_noise(all, 3), slope = uniform_noise(all, 4);
      for (const float* leak : {static_cast<const float*>(nullptr), slope.data()}) {
        const NormWeights weights{gain.data(), shift.data(), leak, kEpsilon};
        std::vector<float> by_row(count), want(count), by_frame = x;
        const std::int64_t row = channels, frame = row * rows, lane = frame * frames;
        emulate<RowNorm<>>({{x.data(), lane, frame, 0},
                            {by_row.data(), lane, frame, 0},
                            weights,
                            lanes,
                            frames,
                            rows,
                            channels,
                            row});
        const auto framed = [&](std::vector<float>& y) {
          return FrameNormArgs{
              {y.data(), lane, frame, 0}, weights, lanes, frames, rows, channels, row};
        };
        emulate<FrameNorm<>>(framed(by_frame));
        std::vector<float> by_plane = x;
        emulate_plane_norm(framed(by_plane));
        const auto matrix = [](auto& values, std::int64_t width) {
          return Matrix<const float>{values.data(), width,
                                     static_cast<int>(std::ssize(values) / width),
                                     static_cast<int>(width)};
        };
        const Matrix<float> to{want.data(), channels, lanes * frames * rows, channels};
        reference::layer_norm(matrix(x, channels), gain.data(), shift.data(), leak, kEpsilon, to);
        for (std::size_t i = 0; i < count; ++i)
          ASSERT_NEAR(by_row[i], want[i], offset > 0 ? 2e-4 : 1e-5) << channels << " " << i;

        // A norm of a frame is one of a row as long as it.
        std::vector<float> ones(size(frame), 1.0f), zeros(size(frame), 0.0f);
        reference::layer_norm(matrix(x, frame), ones.data(), zeros.data(), nullptr, kEpsilon,
                              {want.data(), frame, lanes * frames, static_cast<int>(frame)});
        for (std::size_t i = 0; i < count; ++i)
          ASSERT_NEAR(by_frame[i], weights.apply(want[i], static_cast<int>(i % all)),
                      offset > 0 ? 2e-4 : 1e-5)
              << channels << " " << i;

        // And one of a plane.
        ones.resize(size(lane), 1.0f), zeros.resize(size(lane));
        reference::layer_norm(matrix(x, lane), ones.data(), zeros.data(), nullptr, kEpsilon,
                              {want.data(), lane, lanes, static_cast<int>(lane)});
        for (std::size_t i = 0; i < count; ++i)
          ASSERT_NEAR(by_plane[i], weights.apply(want[i], static_cast<int>(i % all)),
                      offset > 0 ? 2e-4 : 1e-5)
              << channels << " " << i;
      }
    }
  }
}

// Rows with something between them and frames that begin anywhere, four values at a time where
// those lie at aligned places and one where not: as dense ones.
TEST(CudaRealLayers, NormsOfRowsApart) {
  constexpr int kLanes = 2, kFrames = 3, kRows = 37;
  for (const auto& [channels, gap, first, fours] : {std::array{64, 0, 0, 1},
                                                    {64, 8, 4, 1},
                                                    {64, 1, 0, 0},
                                                    {64, 0, 2, 0},
                                                    {130, 2, 0, 0},
                                                    {2400, 4, 0, 1},
                                                    {12, 4, 8, 1},
                                                    {5, 2, 1, 0}}) {
    SCOPED_TRACE(channels);
    const auto gain = uniform_noise(size(channels), 2, 1), shift = uniform_noise(size(channels), 3),
               slope = uniform_noise(size(channels), 4);
    const NormWeights weights{gain.data(), shift.data(), slope.data(), 1e-5f};
    struct Normed {
      std::vector<float> row, frame, plane;
    };
    const auto run = [&](int apart, int begin, bool wide) {
      const std::int64_t row = channels + apart, frame = row * kRows, lane = frame * kFrames;
      const auto values = uniform_noise(size(kLanes * kFrames * kRows * channels), 1);
      std::vector<float> x(size(begin + kLanes * lane), 77.0f);
      const auto at = [&](std::int64_t i) {
        return size(begin + i / channels * row + i % channels);
      };
      for (std::size_t i = 0; i < values.size(); ++i) x[at(std::int64_t(i))] = values[i];
      Normed y{std::vector<float>(size(begin) + values.size()), x, x};
      const RowNormArgs rows{
          {x.data() + begin, lane, frame, 0},
          {y.row.data() + begin, kFrames * kRows * channels, kRows * channels, 0},
          weights,
          kLanes,
          kFrames,
          kRows,
          channels,
          row};
      const auto framed = [&](std::vector<float>& values_of) {
        return FrameNormArgs{{values_of.data() + begin, lane, frame, 0},
                             weights,
                             kLanes,
                             kFrames,
                             kRows,
                             channels,
                             row};
      };
      EXPECT_EQ(rows.whole_fours(), wide);
      EXPECT_EQ(framed(y.frame).whole_fours(), wide);
      emulate<RowNorm<>>(rows);
      emulate<FrameNorm<>>(framed(y.frame));
      emulate_plane_norm(framed(y.plane));
      y.row.erase(y.row.begin(), y.row.begin() + begin);
      for (std::vector<float>* in_place : {&y.frame, &y.plane}) {
        std::vector<float> dense;
        for (std::size_t i = 0; i < values.size(); ++i) {
          float& value = (*in_place)[at(std::int64_t(i))];
          dense.push_back(value);
          value = 77;
        }
        EXPECT_TRUE(std::ranges::all_of(*in_place, [](float v) { return v == 77; })) << "between";
        *in_place = dense;
      }
      return y;
    };
    const Normed got = run(gap, first, fours != 0), want = run(0, 0, channels % 4 == 0);
    for (std::size_t i = 0; i < want.row.size(); ++i) {
      ASSERT_NEAR(got.row[i], want.row[i], 1e-5) << i;
      ASSERT_NEAR(got.frame[i], want.frame[i], 1e-5) << i;
      ASSERT_NEAR(got.plane[i], want.plane[i], 1e-5) << i;
    }
  }
}

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

TEST(CudaRealLayers, AttentionAlongFrequency) {
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
TEST(CudaRealLayers, ContextsOfWideHeads) {
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

TEST(CudaRealLayers, AttentionAlongTime) {
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

// What the polynomial and 11 bits of tanh lose: far from where the first turns round, and there.
TEST(CudaRealLayers, CoarseGeluIsGelu) {
  for (float v = -30; v < 30; v += 1e-3f)
    ASSERT_NEAR(coarse_gelu(v), 0.5 * double{v} * (1 + std::erf(double{v} / std::sqrt(2.0))),
                2.7e-5 + 0x1p-12 * std::abs(v));
  EXPECT_EQ(coarse_gelu(0.0f), 0.0f);
  for (const float far : {50.0f, 1e4f, 1e30f}) {
    EXPECT_EQ(coarse_gelu(far), far);
    EXPECT_EQ(coarse_gelu(-far), 0.0f);
  }
}

}  // namespace
}  // namespace limpid::kernels::cuda
