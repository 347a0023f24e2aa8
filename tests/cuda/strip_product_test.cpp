// SPDX-License-Identifier: MIT
// Kernels on activations that are stored as numbers of 16 bits, thread by thread, against plain
// loops in double over the numbers that are stored, at awkward sizes.
#include <gtest/gtest.h>

#include <algorithm>

#include "lib/kernels/cuda/frame_norm.h"
#include "lib/kernels/cuda/repack.h"
#include "lib/kernels/cuda/strip_queries.h"
#include "tests/cuda/emulate.h"
#include "tests/cuda/noise.h"
#include "tests/cuda/plane_norm.h"

namespace limpid::kernels::cuda {
namespace {

using test::normal_noise;
using test::short_noise;
using test::uniform_noise;

std::size_t size(std::int64_t n) {
  return static_cast<std::size_t>(n);
}

// Values, whose number is even, as they are stored; and what is stored there.
template <class Number>
std::vector<float> packed(const std::vector<float>& values) {
  std::vector<float> words;
  for (std::size_t i = 0; i < values.size(); i += 2)
    words.push_back(float_of(Number::word(values[i], values[i + 1])));
  return words;
}
template <class Number>
std::vector<float> unpacked(const std::vector<float>& words) {
  std::vector<float> values;
  for (const float word : words) {
    const Complex two = Number::values(bits_of(word));
    values.insert(values.end(), {two.re, two.im});
  }
  return values;
}
template <class Number>
std::vector<float> rounded(const std::vector<float>& values) {
  return unpacked<Number>(packed<Number>(values));
}
// Relative error of storing a value once.
template <Arithmetic kArithmetic>
constexpr double kStep = kArithmetic == Arithmetic::fp16 ? 0x1p-11 : 0x1p-8;

template <class F>
void both(F f) {
  f.template operator()<Arithmetic::fp16>();
  f.template operator()<Arithmetic::bf16>();
}

struct Case {
  int lanes, frames, rows, channels, outputs;
  LinearEnd end;
};

double ended(const Case& c, const std::vector<double>& v, int o, float before, float slope) {
  const double x = v[size(o)];
  switch (c.end) {
    case LinearEnd::gelu:
      return 0.5 * x * (1 + std::erf(x / std::sqrt(2.0)));
    case LinearEnd::gate:
      return v[size(2 * o)] / (1 + std::exp(-v[size(2 * o + 1)]));
    case LinearEnd::add:
      return x + double{before};
    case LinearEnd::prelu:
      return x < 0 ? x * slope : x;
    default:
      return x;
  }
}

// Two sources: one is read at three neighbouring rows, the other where it lies. Rows of y are
// further apart than they are wide.
TEST(CudaStrips, Product) {
  for (const Case& c :
       {Case{1, 1, 5, 16, 16, LinearEnd::none}, Case{2, 3, 7, 16, 48, LinearEnd::add},
        Case{1, 2, 70, 32, 80, LinearEnd::gelu}, Case{2, 1, 33, 16, 96, LinearEnd::gate},
        Case{1, 1, 130, 48, 128, LinearEnd::none}, Case{1, 3, 90, 16, 64, LinearEnd::prelu}})
    both([&]<Arithmetic kArithmetic>() {
      SCOPED_TRACE(c.outputs);
      using Number = NumberOf<kArithmetic>;
      const int k = 4 * c.channels, frame = c.rows * c.channels, bound = c.rows - 1;
      const int written = c.end == LinearEnd::gate ? c.outputs / 2 : c.outputs, y_row = written + 8;
      const auto near = short_noise(c.lanes * c.frames * frame, 1),
                 far = short_noise(c.lanes * c.frames * frame, 2),
                 w = short_noise(k * c.outputs, 3), bias = uniform_noise(c.outputs, 4),
                 slope = uniform_noise(c.outputs, 6),
                 before = rounded<Number>(uniform_noise(c.lanes * c.frames * c.rows * y_row, 5));
      const auto x_words = packed<Number>(near), far_words = packed<Number>(far),
                 w_words = strip_words(kArithmetic, w, k, c.outputs);
      auto y_words = packed<Number>(before);
      RealProductArgs args{};
      for (int tap = 0; tap < 3; ++tap)
        args.segments[tap] = {x_words.data() + (tap - 1) * c.channels / 2, c.frames * frame / 2,
                              tap - 1};
      args.segments[3] = {far_words.data(), c.frames * frame / 2, 0};
      args.count[0] = c.lanes;
      args.count[1] = c.frames;
      args.count[2] = c.rows;
      args.middle = frame / 2;
      args.inner = args.segment = c.channels / 2;
      args.bound = bound;
      args.k = k / 2;
      args.n = c.outputs;
      args.packed = true;
      args.w = w_words.data();
      args.bias = bias.data();
      args.slope = slope.data();
      args.end = c.end;
      args.y = {y_words.data(),
                {c.lanes, c.frames, c.rows},
                {c.frames * c.rows * y_row / 2, c.rows * y_row / 2, y_row / 2},
                0};
      emulate_tiles<StripProduct<kArithmetic>>(args);
      const auto y = unpacked<Number>(y_words), stored_near = rounded<Number>(near),
                 stored_far = rounded<Number>(far), stored_w = rounded<Number>(w);
      for (int row = 0; row < c.lanes * c.frames * c.rows; ++row) {
        const int r = row % c.rows;
        std::vector<double> v(bias.begin(), bias.end());
        for (int p = 0; p < k; ++p) {
          const int tap = p / c.channels, shift = tap < 3 ? tap - 1 : 0, from = r + shift;
          if (from < 0 || from >= bound) continue;
          const auto at = size((row + shift) * c.channels + p % c.channels);
          const double x = double{(tap < 3 ? stored_near : stored_far)[at]};
          for (int o = 0; o < c.outputs; ++o)
            v[size(o)] += x * double{stored_w[size(p * c.outputs + o)]};
        }
        for (int o = 0; o < y_row; ++o) {
          const auto at = size(row * y_row + o);
          if (o >= written) {
            ASSERT_EQ(y[at], before[at]) << "beyond the outputs";
            continue;
          }
          const double want = ended(c, v, o, before[at], slope[size(o)]);
          double tolerance = kStep<kArithmetic> * (2 * std::abs(want) + 2e-3);
          if (c.end == LinearEnd::gelu)  // coarse_gelu's
            tolerance += 2.7e-5 + 0x1p-12 * std::abs(v[size(o)]);
          ASSERT_NEAR(y[at], want, tolerance) << row << " " << o;
        }
      }
    });
}

// Keys and queries are made of rows; keys become a softmax over the rows of a frame, queries one
// over the features of a head. Features of what keys gather lie in the order of strips, and so do
// channels of what queries find.
TEST(CudaStrips, Attention) {
  for (const auto& [lanes, frames, rows, heads, channels] :
       {std::array{1, 2, 1, 1, 16}, {2, 1, 33, 2, 48}, {1, 1, 145, 1, 32}, {1, 3, 32, 1, 64}})
    both([&, lanes = lanes, frames = frames, rows = rows, heads = heads,
          channels = channels]<Arithmetic kArithmetic>() {
      SCOPED_TRACE(channels);
      using Number = NumberOf<kArithmetic>;
      const int sequences = lanes * frames, inner = 64 * heads;
      constexpr int pitch = 64;
      const auto x = rounded<Number>(normal_noise(sequences * rows * channels, 1)),
                 y = rounded<Number>(normal_noise(sequences * rows * channels, 3)),
                 z = rounded<Number>(normal_noise(sequences * rows * channels, 4)),
                 weights = rounded<Number>(normal_noise(channels * inner, 7, 0.1f, 0.4f)),
                 bias = uniform_noise(channels, 5);
      const auto xs = packed<Number>(x), ys = packed<Number>(y),
                 weight_words = strip_words(kArithmetic, weights, channels, inner);
      auto zs = packed<Number>(z);
      const auto of = [&](auto& words) {
        const std::int64_t frame = rows * channels / 2;
        return Frames{words.data(), frames * frame, frame, std::int64_t{0}};
      };
      std::vector<float> context(size(sequences * inner * pitch / 2), NAN);
      ContextArgs args{of(xs), of(ys), of(zs), context.data(), bias.data(), lanes,
                       frames, rows,   inner,  channels,       true,        weight_words.data()};
      // [row][feature]
      std::vector<double> made(size(sequences * rows * inner), 0.0);
      for (int row = 0; row < sequences * rows; ++row)
        for (int i = 0; i < inner; ++i)
          for (int c = 0; c < channels; ++c)
            made[size(row * inner + i)] +=
                double{x[size(row * channels + c)]} * double{weights[size(c * inner + i)]};

      emulate_resident<GatherStrips<kArithmetic>>(args);
      const auto gathered = unpacked<Number>(context);
      const double step = kStep<kArithmetic>;
      for (int s = 0; s < sequences; ++s)
        for (int at = 0; at < inner; ++at) {
          const int i = at / 64 * 64 + StripOrder::output(at % 64);
          std::vector<double> want(size(pitch), 0.0);
          double peak = -INFINITY, total = 0, most = 0;
          const auto key_of = [&](int r) { return made[size((s * rows + r) * inner + i)]; };
          for (int r = 0; r < rows; ++r) peak = std::max(peak, key_of(r));
          for (int r = 0; r < rows; ++r) {
            const double share = std::exp(key_of(r) - peak);
            total += share;
            for (int c = 0; c < channels; ++c) {
              const double value = double{y[size((s * rows + r) * channels + c)]};
              want[size(c)] += share * value;
              most = std::max(most, std::abs(value));
            }
          }
          for (int c = 0; c < pitch; ++c)
            ASSERT_NEAR(gathered[size((s * inner + at) * pitch + c)], want[size(c)] / total,
                        3 * step * most)
                << s << " " << at << " " << c;
        }

      const auto given = rounded<Number>(uniform_noise(sequences * inner * channels, 6));
      context = packed<Number>(in_strip_order(given, sequences * inner, channels));
      args.context = context.data();
      emulate_resident<QueryStrips<kArithmetic>>(args);
      const auto got = unpacked<Number>(zs);
      for (int row = 0; row < sequences * rows; ++row) {
        std::vector<double> query(size(inner)), want(size(channels));
        for (int head = 0; head < heads; ++head) {
          double total = 0;
          for (int i = 64 * head; i < 64 * head + 64; ++i)
            total += query[size(i)] = std::exp(made[size(row * inner + i)]);
          for (int i = 64 * head; i < 64 * head + 64; ++i) query[size(i)] /= total;
        }
        for (int c = 0; c < channels; ++c) {
          want[size(c)] = double{z[size(row * channels + c)]} + double{bias[size(c)]};
          for (int at = 0; at < inner; ++at)
            want[size(c)] += query[size(at / 64 * 64 + StripOrder::output(at % 64))] *
                             double{given[size((row / rows * inner + at) * channels + c)]};
          ASSERT_NEAR(got[size(row * channels + c)], want[size(c)],
                      step * (std::abs(want[size(c)]) + 0.5 * heads))
              << row << " " << c;
        }
      }
    });
}

struct Extent {
  int lanes, frames, rows, channels;
};
// Rows are so many floats or words apart; frames and lanes follow each other.
template <Arithmetic kArithmetic>
void repack(Repacking repacking, const Extent& e, const std::vector<float>& from,
            std::int64_t from_row, std::vector<float>& to, std::int64_t to_row) {
  const auto frames = [&](auto* data, std::int64_t row) {
    return Frames{data, e.frames * e.rows * row, e.rows * row, std::int64_t{0}};
  };
  const RepackArgs args{frames(from.data(), from_row),
                        frames(to.data(), to_row),
                        e.lanes,
                        e.frames,
                        e.rows,
                        e.channels,
                        from_row,
                        to_row};
  with_repack(repacking, kArithmetic, [&]<class Program>() { emulate<Program>(args); });
}

// Rows are filled up to whole sixteens, and lie apart.
TEST(CudaStrips, RowsOfAnyWidthArePacked) {
  both([&]<Arithmetic kArithmetic>() {
    using Number = NumberOf<kArithmetic>;
    for (const int channels : {1, 2, 8, 12, 16, 20, 33}) {
      SCOPED_TRACE(channels);
      constexpr int kFrames = 2, kRows = 3;
      const int pitch = channels + 5, filled = (channels + 15) / 16 * 16, words = filled / 2 + 4;
      const auto x = rounded<Number>(normal_noise(kFrames * kRows * pitch + pitch % 2, 1));
      std::vector<float> packed_rows(size(kFrames * kRows * words), 7.0f), back(x.size(), 7.0f);
      const Extent e{1, kFrames, kRows, channels};
      repack<kArithmetic>(Repacking::pack, e, x, pitch, packed_rows, words);
      repack<kArithmetic>(Repacking::unpack, e, packed_rows, words, back, pitch);
      for (int row = 0; row < kFrames * kRows; ++row) {
        const auto first = packed_rows.begin() + row * words;
        const auto values = unpacked<Number>({first, first + filled / 2});
        for (int c = 0; c < filled; ++c)
          ASSERT_EQ(values[size(c)], c < channels ? x[size(row * pitch + c)] : 0.0f) << row;
        ASSERT_EQ(first[filled / 2], 7.0f) << "between rows";
        for (int c = 0; c < pitch; ++c)
          ASSERT_EQ(back[size(row * pitch + c)], c < channels ? x[size(row * pitch + c)] : 7.0f);
      }
    }
  });
}

// Norms of what is stored are those of the same floats, rounded once.
TEST(CudaStrips, Norms) {
  both([&]<Arithmetic kArithmetic>() {
    using Number = NumberOf<kArithmetic>;
    for (const auto& [lanes, frames, rows, channels] :
         {std::array{1, 1, 1, 16}, {2, 3, 5, 48}, {1, 2, 70, 64}}) {
      const std::int64_t row = channels, frame = row * rows, lane = frame * frames;
      const auto x = rounded<Number>(normal_noise(lanes * lane, 1, 0.3f)),
                 gain = uniform_noise(channels, 2, 1), offset = uniform_noise(channels, 3),
                 slope = uniform_noise(channels, 4);
      const NormWeights weights{gain.data(), offset.data(), slope.data(), 1e-5f};
      std::vector<float> words(x.size() / 2), floats(x.size());
      const Extent e{lanes, frames, rows, channels};
      repack<kArithmetic>(Repacking::pack, e, x, row, words, row / 2);
      EXPECT_EQ(words, packed<Number>(x));
      repack<kArithmetic>(Repacking::unpack, e, words, row / 2, floats, row);
      EXPECT_EQ(floats, x);

      std::vector<float> by_row(x.size()), rows_of_words(words.size());
      RowNormArgs rows_args{{x.data(), lane, frame, 0},
                            {by_row.data(), lane, frame, 0},
                            weights,
                            lanes,
                            frames,
                            rows,
                            channels,
                            row};
      emulate<RowNorm<>>(rows_args);
      rows_args.x = {words.data(), lane / 2, frame / 2, 0};
      rows_args.y = {rows_of_words.data(), lane / 2, frame / 2, 0};
      rows_args.row = row / 2;
      emulate<RowNorm<Number>>(rows_args);
      FrameNormArgs frame_args{
          {floats.data(), lane, frame, 0}, weights, lanes, frames, rows, channels, row};
      emulate<FrameNorm<>>(frame_args);
      frame_args.x = {words.data(), lane / 2, frame / 2, 0};
      frame_args.row = row / 2;
      emulate<FrameNorm<Number>>(frame_args);
      const auto expect_same = [&](const std::vector<float>& got, const std::vector<float>& want) {
        for (std::size_t i = 0; i < want.size(); ++i)
          ASSERT_NEAR(got[i], want[i], kStep<kArithmetic> * std::abs(want[i]) + 1e-5) << i;
      };
      expect_same(unpacked<Number>(rows_of_words), by_row);
      expect_same(unpacked<Number>(words), floats);

      auto plane_words = packed<Number>(x), plane_floats = x;
      frame_args.x.data = plane_words.data();
      emulate_plane_norm<Number>(frame_args);
      emulate_plane_norm(
          {{plane_floats.data(), lane, frame, 0}, weights, lanes, frames, rows, channels, row});
      expect_same(unpacked<Number>(plane_words), plane_floats);
    }
  });
}

}  // namespace
}  // namespace limpid::kernels::cuda
