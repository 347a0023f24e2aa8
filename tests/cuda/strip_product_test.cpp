// SPDX-License-Identifier: MIT
// Kernels on activations that are stored as numbers of 16 bits, thread by thread, against plain
// loops in double over the numbers that are stored, at awkward sizes: products, repacking, norms.
#include <gtest/gtest.h>

#include <array>

#include "lib/kernels/cuda/frame_norm.h"
#include "lib/kernels/cuda/repack.h"
#include "lib/kernels/cuda/strip_product.h"
#include "tests/cuda/emulate.h"
#include "tests/cuda/noise.h"
#include "tests/cuda/packed_values.h"
#include "tests/cuda/plane_norm.h"
#include "tests/cuda/product_oracle.h"

namespace limpid::kernels::cuda {
namespace {

using test::normal_noise;
using test::short_noise;
using test::uniform_noise;

// Rows of y are further apart than they are wide.
TEST(CudaStrips, Product) {
  for (const ProductCase& c :
       {ProductCase{1, 1, 5, 16, 16, LinearEnd::none}, ProductCase{2, 3, 7, 16, 48, LinearEnd::add},
        ProductCase{1, 2, 70, 32, 80, LinearEnd::gelu},
        ProductCase{2, 1, 33, 16, 96, LinearEnd::gate},
        ProductCase{1, 1, 130, 48, 128, LinearEnd::none},
        ProductCase{1, 3, 90, 16, 64, LinearEnd::prelu}})
    both([&]<Arithmetic kArithmetic>() {
      SCOPED_TRACE(c.outputs);
      using Number = NumberOf<kArithmetic>;
      const int k = c.inputs(), frame = c.rows * c.channels, bound = c.rows - 1;
      const int written = c.written(), y_row = written + 8;
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
      const ProductSources from{stored_near, stored_far, bound, stored_w, c.outputs, bias};
      for (int row = 0; row < c.all_rows(); ++row) {
        const auto v = product_sums(c, from, row, row);
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
      const auto x = rounded<Number>(normal_noise(kFrames * kRows * pitch, 1));
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
