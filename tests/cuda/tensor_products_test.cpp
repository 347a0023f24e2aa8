// SPDX-License-Identifier: MIT
// Products of layers on tensor cores: their fragments and rounding as cards have them, and the
// precision that is left.
#include <gtest/gtest.h>

#include "lib/kernels/cuda/complex_product.h"
#include "tests/cuda/emulate.h"
#include "tests/cuda/noise.h"

namespace limpid::kernels::cuda {
namespace {

using test::normal_noise;

// Rows and weights of any kind, and their product in double.
struct Case {
  int rows, k, n;
  float level;
  std::vector<float> x, w, y, one, zero;

  Case(int rows_, int k_, int n_, float level_ = 1.0f)
      : rows(rows_),
        k(k_),
        n(n_),
        level(level_),
        x(normal_noise(size(2 * rows, k), 1, 0, level)),
        w(normal_noise(size(2 * k, n), 2)),
        y(size(2 * rows, n)),
        one(size(1, n), 1.0f),
        zero(size(1, n), 0.0f) {}

  static std::size_t size(int a, int b) {
    return static_cast<std::size_t>(a) * static_cast<std::size_t>(b);
  }
  std::ptrdiff_t part_of_y() const { return std::ptrdiff_t{rows} * n; }

  template <class Program>
  std::vector<double> run() {
    std::ranges::fill(y, 0.0f);
    emulate_tiles<Program>({{x.data(), {1, 1, rows}, {0, 0, k}, std::ptrdiff_t{rows} * k},
                            k,
                            n,
                            k,
                            0,
                            w.data(),
                            w.data() + std::ptrdiff_t{k} * n,
                            {one.data(), one.data()},
                            {zero.data(), zero.data()},
                            1,
                            {y.data(), {1, 1, rows}, {0, 0, n}, part_of_y()}});
    return {y.begin(), y.end()};
  }

  template <class Parts>
  std::vector<double> exact() const {
    std::vector<double> want(y.size());
    for (int row = 0; row < rows; ++row)
      for (int column = 0; column < n; ++column) {
        double re = 0, im = 0;
        for (int i = 0; i < k; ++i) {
          const double xr = x[size(row, k) + size(i, 1)], wr = w[size(i, n) + size(column, 1)];
          const double xi = Parts::kX ? x[size(rows + row, k) + size(i, 1)] : 0.0f;
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
      const auto got = data.run<ComplexProduct<16, kKind, kArithmetic>>();
      EXPECT_EQ((data.run<ComplexProduct<32, kKind, kArithmetic>>()), got);
      EXPECT_EQ((data.run<ComplexProduct<64, kKind, kArithmetic>>()), got);
      worst = std::min(worst, snr(got, data.exact<ProductParts<kKind>>()));
    });
  return worst;
}

TEST(CudaTensorProducts, KeepWhatTheyPromiseOnAwkwardSizes) {
  for (const auto& [rows, k, n] :
       {std::array{1, 1, 1}, {17, 7, 5}, {70, 40, 17}, {20, 161, 65}, {130, 24, 33}}) {
    SCOPED_TRACE(std::to_string(rows) + " " + std::to_string(k) + " " + std::to_string(n));
    Case data(rows, k, n);
    EXPECT_GE(worst_snr<Arithmetic::tf32x3>(data), 115);
    const double once = worst_snr<Arithmetic::tf32>(data);
    EXPECT_GE(once, 65);
    EXPECT_TRUE(k == 1 || once <= 90) << once << ": is it tf32 at all?";
  }
}

// tf32 has the exponents of float.
TEST(CudaTensorProducts, LevelsDoNotMatter) {
  for (const float level : {1e-4f, 1e-20f, 1e20f}) {
    Case data(20, 33, 18, level);
    EXPECT_GE(worst_snr<Arithmetic::tf32x3>(data), 115) << level;
    EXPECT_GE(worst_snr<Arithmetic::tf32>(data), 65) << level;
  }
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

}  // namespace
}  // namespace limpid::kernels::cuda
