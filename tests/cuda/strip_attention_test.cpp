// SPDX-License-Identifier: MIT
// Attention along frequency of activations that are stored as numbers of 16 bits, thread by thread,
// against plain loops in double over the numbers that are stored.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "lib/kernels/cuda/strip_context.h"
#include "lib/kernels/cuda/strip_queries.h"
#include "tests/cuda/emulate.h"
#include "tests/cuda/noise.h"
#include "tests/cuda/packed_values.h"

namespace limpid::kernels::cuda {
namespace {

using test::normal_noise;
using test::uniform_noise;

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

}  // namespace
}  // namespace limpid::kernels::cuda
