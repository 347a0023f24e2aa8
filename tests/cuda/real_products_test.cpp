// SPDX-License-Identifier: MIT
// Products of real layers, thread by thread, against plain loops in double, at awkward sizes.
#include <gtest/gtest.h>

#include "lib/kernels/cuda/real_product.h"
#include "tests/cuda/emulate.h"
#include "tests/cuda/noise.h"
#include "tests/cuda/product_oracle.h"

namespace limpid::kernels::cuda {
namespace {

using test::short_noise;
using test::uniform_noise;

constexpr double kLargest = 4;  // sums of products here are smaller

// The far source lies two frames back, in a memory with another history.
TEST(CudaRealProducts, ProductOfTwoSources) {
  for (const ProductCase& c :
       {ProductCase{1, 1, 5, 1, 3, LinearEnd::none}, ProductCase{2, 3, 7, 4, 16, LinearEnd::add},
        ProductCase{3, 2, 33, 6, 17, LinearEnd::gelu},
        ProductCase{1, 5, 11, 3, 70, LinearEnd::prelu},
        ProductCase{2, 4, 40, 8, 34, LinearEnd::gate},
        ProductCase{1, 2, 300, 20, 64, LinearEnd::none},
        ProductCase{1, 1, 70, 16, 130, LinearEnd::add}}) {
    SCOPED_TRACE(c.outputs);
    const int frame = c.rows * c.channels, k = c.inputs(), pitch = product_pitch(c.outputs);
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

    const ProductSources from{near, past, bound, w, pitch, bias};
    for (int row = 0; row < c.all_rows(); ++row) {
      const int r = row % c.rows, f = row / c.rows % c.frames, lane = row / c.rows / c.frames;
      const auto v = product_sums(c, from, row, (lane * (c.frames + 2) + f) * c.rows + r);
      for (const double sum : v) ASSERT_LT(std::abs(sum), kLargest);
      for (int o = 0; o < y_row; ++o) {
        const auto at = size(row * y_row + o);
        if (o < c.written())
          ASSERT_NEAR(y[at], ended(c, v, o, before[at], slope[size(o)]), 1e-5) << row << " " << o;
        else
          ASSERT_EQ(y[at], before[at]) << "beyond the outputs";
      }
    }
  }
}

TEST(CudaRealProducts, DivisorsDivide) {
  constexpr std::int64_t kMax = UINT32_MAX;
  for (const std::int32_t by : {1, 2, 3, 5, 64, 96, 251, 257, 4096, 65537, 99999989, INT32_MAX}) {
    const Divisor divisor(by);
    for (const std::int64_t near : {std::int64_t{0}, std::int64_t{by}, std::int64_t{7} * by,
                                    kMax / by * by, kMax / 3, std::int64_t{INT32_MAX}, kMax})
      for (std::int64_t n = near - 2; n <= near + 2; ++n) {
        if (n < 0 || n > kMax) continue;
        auto left = static_cast<std::uint32_t>(n);
        ASSERT_EQ(divisor.divide(left), n / by) << n << " by " << by;
        ASSERT_EQ(left, n % by) << n << " by " << by;
      }
  }
}

// Which program takes a product.
TEST(CudaRealProducts, ManyRowsTakeWideBlocks) {
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

}  // namespace
}  // namespace limpid::kernels::cuda
