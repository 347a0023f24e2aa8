// SPDX-License-Identifier: MIT
// Products of layers on tensor cores: their fragments and rounding as cards have them, and the
// precision that is left.
#include <gtest/gtest.h>

#include <array>
#include <span>
#include <string>
#include <utility>

#include "lib/kernels/cuda/complex_product.h"
#include "tests/cuda/emulate.h"
#include "tests/cuda/noise.h"

namespace limpid::kernels::cuda {
namespace {

using test::normal_noise;
using test::short_noise;

// Rows of segments and weights of any kind, and their product in double.
struct Case {
  int rows, k, n, segment;  // segments lie apart, the rows of each side by side
  std::vector<float> x, w, y, one, zero;

  Case(int rows_, int k_, int n_, int segments, float level = 1.0f)
      : rows(rows_),
        k(k_),
        n(n_),
        segment(k_ / segments),
        x(normal_noise(size(2 * rows, k), 1, 0, level)),
        w(normal_noise(size(2 * k, n), 2)),
        y(size(2 * rows, n)),
        one(size(1, n), 1.0f),
        zero(size(1, n), 0.0f) {}

  static std::size_t size(int a, int b) {
    return static_cast<std::size_t>(a) * static_cast<std::size_t>(b);
  }
  std::ptrdiff_t part_of_y() const { return std::ptrdiff_t{rows} * n; }

  float at(int part, int row, int i) const {  // of x
    return x[size(part * rows, k) + size(i / segment * rows + row, segment) + size(i % segment, 1)];
  }

  template <int kColumns, ProductKind kKind, Arithmetic kArithmetic>
  std::vector<double> run() {
    const std::span all(w);
    const auto re = weight_words(kArithmetic, all.first(size(k, n)), n),
               im = weight_words(kArithmetic, all.last(size(k, n)), n);
    ComplexProductArgs args{{x.data(), {1, 1, rows}, {0, 0, segment}, std::ptrdiff_t{rows} * k},
                            k,
                            n,
                            segment,
                            std::ptrdiff_t{rows} * segment,
                            re.data(),
                            im.data(),
                            {one.data(), one.data()},
                            {zero.data(), zero.data()},
                            1,
                            {y.data(), {1, 1, rows}, {0, 0, n}, part_of_y()}};
    const auto results = [&] {
      std::ranges::fill(y, 0.0f);
      emulate_tiles<ComplexProduct<kColumns, kKind, kArithmetic>>(args);
      return std::vector<double>(y.begin(), y.end());
    };
    std::vector<double> one_by_one;
    if (kColumns == 16) one_by_one = results();
    args.find_wide();
    EXPECT_EQ(args.wide_x, segment % 4 == 0);
    EXPECT_EQ(args.wide_w, n % 4 == 0);
    EXPECT_EQ(args.pairs_y, n % 2 == 0);
    if (kColumns == 16 && !args.wide_x && !args.wide_w && !args.pairs_y) return one_by_one;
    const auto got = results();
    EXPECT_TRUE(kColumns != 16 || got == one_by_one);
    return got;
  }

  template <class Parts>
  std::vector<double> exact() const {
    std::vector<double> want(y.size());
    for (int row = 0; row < rows; ++row)
      for (int column = 0; column < n; ++column) {
        double re = 0, im = 0;
        for (int i = 0; i < k; ++i) {
          const double xr = at(0, row, i), wr = w[size(i, n) + size(column, 1)];
          const double xi = Parts::kX ? at(1, row, i) : 0.0f;
          const double wi = Parts::kW ? w[size(k + i, n) + size(column, 1)] : 0.0f;
          re += xr * wr - xi * wi;
          im += xr * wi + xi * wr;
        }
        want[size(row, n) + size(column, 1)] = re;
        if (Parts::kY) want[size(rows + row, n) + size(column, 1)] = im;
      }
    return want;
  }
};

constexpr ProductKind kKinds[] = {ProductKind::complex, ProductKind::real_weights,
                                  ProductKind::real_input, ProductKind::real_output};

// Every tiling to the bit, as sums are added in the same order.
template <Arithmetic kArithmetic>
double worst_snr(Case& data) {
  double worst = 1e9;
  for (const ProductKind kind : kKinds)
    with_kind(kind, [&]<ProductKind kKind>() {
      const auto got = data.run<16, kKind, kArithmetic>();
      EXPECT_EQ((data.run<32, kKind, kArithmetic>()), got);
      EXPECT_EQ((data.run<64, kKind, kArithmetic>()), got);
      if constexpr (NumberOf<kArithmetic>::kInputs == 2) {
        EXPECT_EQ((data.run<128, kKind, kArithmetic>()), got);
      }
      worst = std::min(worst, snr(got, data.exact<ProductParts<kKind>>()));
    });
  return worst;
}

// Rows, inputs and outputs that fill no tile; segments of whole fours and of any other length.
TEST(CudaTensorProducts, KeepWhatTheyPromiseOnAwkwardSizes) {
  for (const auto& [rows, k, n, segments] : {std::array{1, 1, 1, 1},
                                             {17, 7, 5, 7},
                                             {70, 40, 17, 2},
                                             {20, 161, 65, 1},
                                             {9, 42, 3, 2},
                                             {130, 24, 33, 4},
                                             {35, 40, 68, 2},
                                             {33, 20, 12, 5},
                                             {5, 36, 30, 1},
                                             {70, 36, 130, 3}}) {
    SCOPED_TRACE(std::to_string(rows) + " " + std::to_string(k) + " " + std::to_string(n));
    Case data(rows, k, n, segments);
    EXPECT_GE(worst_snr<Arithmetic::tf32x3>(data), 115);
    // And no better than so few bits can be.
    const auto expect = [&](double got, double least) {
      EXPECT_GE(got, least);
      EXPECT_TRUE(k == 1 || got <= least + 25) << got;
    };
    expect(worst_snr<Arithmetic::tf32>(data), 65);
    expect(worst_snr<Arithmetic::fp16>(data), 65);
    expect(worst_snr<Arithmetic::bf16>(data), 47);
  }
}

TEST(CudaTensorProducts, ManyRowsTakeWideBlocksOfSixteenBits) {
  const auto columns = []<Arithmetic kArithmetic>(int n, std::int64_t rows) {
    return with_product<ProductKind::complex, kArithmetic>(
        n, rows, []<class Program>() { return Program::kSets * Program::kOfSet; });
  };
  EXPECT_EQ(columns.operator()<Arithmetic::fp16>(128, kManyRows), 128);
  EXPECT_EQ(columns.operator()<Arithmetic::bf16>(65, kManyRows), 128);
  EXPECT_EQ(columns.operator()<Arithmetic::fp16>(128, kManyRows - 1), 64);
  EXPECT_EQ(columns.operator()<Arithmetic::fp16>(64, kManyRows), 64);
  EXPECT_EQ(columns.operator()<Arithmetic::tf32>(128, kManyRows), 64);
}

TEST(CudaTensorProducts, SeveralAreReadAtOnceWhereverARowBegins) {
  alignas(16) float memory[4];
  const auto args = [&](int x, std::int64_t x_stride, int segment, int w, int y,
                        std::int64_t imaginary) {
    ComplexProductArgs a{};
    a.x = {memory + x, {1, 1, 1}, {0, 0, x_stride}, 8};
    a.y = {memory + y, {1, 1, 1}, {0, 0, 6}, imaginary};
    a.w_re = a.w_im = memory + w;
    a.segment = segment;
    a.n = 4;
    a.find_wide();
    return std::array{a.wide_x, a.wide_w, a.pairs_y};
  };
  EXPECT_EQ(args(0, 8, 12, 0, 2, 10), (std::array{true, true, true}));
  EXPECT_EQ(args(2, 8, 12, 1, 1, 10), (std::array{false, false, false}));
  EXPECT_EQ(args(0, 6, 12, 0, 0, 3), (std::array{false, true, false}));
  EXPECT_EQ(args(0, 8, 6, 0, 0, 2), (std::array{false, true, true}));
}

// tf32 and bfloat16 have the exponents of float.
TEST(CudaTensorProducts, LevelsDoNotMatter) {
  for (const float level : {1e-4f, 1e-20f, 1e20f}) {
    Case data(20, 33, 18, 1, level);
    EXPECT_GE(worst_snr<Arithmetic::tf32x3>(data), 115) << level;
    EXPECT_GE(worst_snr<Arithmetic::tf32>(data), 65) << level;
    EXPECT_GE(worst_snr<Arithmetic::bf16>(data), 47) << level;
  }
}

TEST(CudaTensorProducts, HalvesHaveARange) {
  for (const auto& [level, least] :
       {std::pair{1e4f, 65.0}, {1e-2f, 65.0}, {1e-4f, 60.0}, {1e-6f, 20.0}}) {
    Case data(20, 34, 18, 1, level);
    EXPECT_GE(worst_snr<Arithmetic::fp16>(data), least) << level;
  }
  Case loud(20, 34, 18, 1, 1e6f);
  const auto got = loud.run<16, ProductKind::complex, Arithmetic::fp16>();
  for (float& x : loud.x) x = std::clamp(x, -65504.0f, 65504.0f);
  EXPECT_GE(snr(got, loud.exact<ProductParts<ProductKind::complex>>()), 60);
}

// Element i of a lane in NVIDIA's description of these instructions (PTX ISA, "Matrix fragments for
// mma.m16n8k8" and "mma.m16n8k16 with floating point type"), two of 16 bits in a register.
TEST(CudaTensorProducts, FragmentsLieWhereTheInstructionsHaveThem) {
  const auto check = [&]<Arithmetic kArithmetic>() {
    using Number = NumberOf<kArithmetic>;
    constexpr int kInputs = Number::kInputs, kDepth = 8 * kInputs;
    const auto a = short_noise(16 * kDepth, 1), b = short_noise(kDepth * 8, 2);
    const auto word = [](auto at) {
      if constexpr (kInputs == 2) return Number::word(at(0), at(1));
      if constexpr (kInputs == 1) return bits_of(at(0));
    };
    FragmentX x;
    FragmentW w;
    FragmentSum c;
    for (int lane = 0; lane < 32; ++lane) {
      const int group = lane / 4, thread = lane % 4;
      for (int r = 0; r < 4; ++r)
        x[lane][r] = word([&](int half) {
          const int i = r * kInputs + half;
          const int row = i / kInputs % 2 == 0 ? group : group + 8;
          const int column = thread * kInputs + half + (i < 2 * kInputs ? 0 : 4 * kInputs);
          return a[static_cast<std::size_t>(row * kDepth + column)];
        });
      for (int r = 0; r < 2; ++r)
        w[lane][r] = word([&](int half) {
          const int row = thread * kInputs + half + (r == 0 ? 0 : 4 * kInputs);
          return b[static_cast<std::size_t>(row * 8 + group)];
        });
      for (int i = 0; i < 4; ++i) c[lane][i] = static_cast<float>(lane * 4 + i);
    }
    multiply<Number>(c, x, w);
    for (int lane = 0; lane < 32; ++lane)
      for (int i = 0; i < 4; ++i) {
        const int row = i < 2 ? lane / 4 : lane / 4 + 8, column = lane % 4 * 2 + i % 2;
        double want = lane * 4 + i;
        for (int k = 0; k < kDepth; ++k)
          want += double{a[static_cast<std::size_t>(row * kDepth + k)]} *
                  b[static_cast<std::size_t>(k * 8 + column)];
        EXPECT_NEAR(c[lane][i], want, 3e-5) << lane << " " << i;
      }
  };
  check.operator()<Arithmetic::tf32>();
  check.operator()<Arithmetic::fp16>();
  check.operator()<Arithmetic::bf16>();
}

TEST(CudaTensorProducts, SumsAreCutAsCardsCutThem) {
  float a[16] = {}, b[16] = {};
  EXPECT_EQ(tensor_sum(1.5f, a, b), 1.5f);
  a[3] = 1, b[3] = 0x1p-24f;  // below the last bit of what it is added to
  EXPECT_EQ(tensor_sum(1.0f, a, b), 1.0f);
  a[4] = 1, b[4] = 0x1p-24f;  // and another: two of them would be one bit
  EXPECT_EQ(tensor_sum(1.0f, a, b), 1.0f);
  EXPECT_EQ(tensor_sum(0.0f, a, b), 0x1p-23f);
  b[3] = b[4] = -0x1p-23f;
  EXPECT_EQ(tensor_sum(1.0f, a, b), 1 - 0x1p-22f);
}

TEST(CudaTensorProducts, RoundToTheNearestNumberOfTf32) {
  const auto rounded = [](float x) { return std::bit_cast<float>(to_tf32(x)); };
  EXPECT_EQ(rounded(1.0f), 1.0f);
  EXPECT_EQ(rounded(1 + 0x1p-10f), 1 + 0x1p-10f);
  EXPECT_EQ(rounded(1 + 0x1p-12f), 1.0f);
  EXPECT_EQ(rounded(1 + 0x1p-11f), 1 + 0x1p-10f) << "ties go away from zero";
  EXPECT_EQ(rounded(-1 - 0x1p-11f), -1 - 0x1p-10f);
  EXPECT_EQ(rounded(2 - 0x1p-23f), 2.0f);
}

TEST(CudaTensorProducts, PairsAreRoundedToTheNearest) {
  using Half2 = Pair<Half>;
  using Brain2 = Pair<BFloat>;
  EXPECT_EQ(Half2::word(1.0f, -2.0f), 0xc0003c00u) << "the first is in the low half";
  EXPECT_EQ(Brain2::word(1.0f, -2.0f), 0xc0003f80u);
  EXPECT_EQ(Half2::value(Half2::word(0, 1 + 0x1p-11f), 1), 1.0f) << "ties go to even numbers";
  EXPECT_EQ(Half2::value(Half2::word(1 + 0x1.8p-10f, 0), 0), 1 + 0x1p-9f);
  EXPECT_EQ(Brain2::value(Brain2::word(0, 1 + 0x1.8p-7f), 1), 1 + 0x1p-6f);
  EXPECT_EQ(Half2::value(Half2::word(1e9f, 0), 0), 65504.0f) << "never infinite";
  EXPECT_EQ(Half2::value(Half2::word(0, -65520.0f), 1), -65504.0f);
}

// Weights of an odd number of inputs end with zeros.
TEST(CudaTensorProducts, WeightsOfTwoInputsShareAWord) {
  const std::vector<float> rows{1, 2, 3, 4, 5, 6};  // [3][2]
  EXPECT_EQ(weight_words(Arithmetic::tf32, rows, 2), rows);
  const auto words = weight_words(Arithmetic::fp16, rows, 2);
  ASSERT_EQ(words.size(), 4u);
  const float want[][2] = {{1, 3}, {2, 4}, {5, 0}, {6, 0}};
  for (std::size_t i = 0; i < 4; ++i)
    for (int half = 0; half < 2; ++half)
      EXPECT_EQ(Pair<Half>::value(bits_of(words[i]), half), want[i][half]);
}

}  // namespace
}  // namespace limpid::kernels::cuda
