// SPDX-License-Identifier: MIT
// A row's result must not depend on which other rows are in the call: N frames at once are N calls
// of one frame, bit for bit.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "lib/kernels/gemm.h"
#include "tests/kernels/every_target.h"

namespace limpid::kernels {
namespace {

using GemmRows = EveryTarget;
INSTANTIATE_EVERY_TARGET(GemmRows);

struct Shape {
  int n, k;
};

class Product {
 public:
  Product(Shape shape, int rows)
      : shape_(shape),
        rows_(rows),
        a_(noise(static_cast<std::size_t>(rows * shape.k), 1)),
        bias_(noise(static_cast<std::size_t>(shape.n), 3)),
        b_(noise(static_cast<std::size_t>(shape.n * shape.k), 2), shape.n, shape.k) {}

  std::vector<float> in_calls_of(int step) const {
    std::vector<float> c(static_cast<std::size_t>(rows_ * shape_.n));
    for (int r = 0; r < rows_; r += step) {
      const int count = std::min(step, rows_ - r);
      gemm({a_.data() + r * shape_.k, {1, 1, count}, {0, 0, shape_.k}}, 1, 0, b_, bias_,
           Activation::none, {c.data() + r * shape_.n, {1, 1, count}, {0, 0, shape_.n}});
    }
    return c;
  }

 private:
  Shape shape_;
  int rows_;
  std::vector<float> a_, bias_;
  PackedMatrix b_;
};

TEST_P(GemmRows, DoNotDependOnTheirNeighbours) {
  for (const Shape shape :
       {Shape{1, 100}, {4, 768}, {8, 200}, {24, 77}, {48, 480}, {61, 33}, {256, 640}}) {
    const Product product(shape, 211);
    const auto at_once = product.in_calls_of(211);
    for (int step : {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 20, 31, 64, 100, 150, 192, 200}) {
      const auto cut = product.in_calls_of(step);
      ASSERT_EQ(std::memcmp(cut.data(), at_once.data(), cut.size() * sizeof(float)), 0)
          << "calls of " << step << " rows, n " << shape.n << ", k " << shape.k;
    }
  }
}

TEST_P(GemmRows, DoNotDependOnSegmentation) {
  const auto a = noise(60, 1), weights = noise(40 * 60, 2);
  const PackedMatrix b(weights, 40, 60);
  std::vector<float> whole(40), cut(40);
  gemm({a.data()}, 1, 0, b, {}, Activation::none, {whole.data()});
  gemm({a.data()}, 3, 20, b, {}, Activation::none, {cut.data()});
  EXPECT_EQ(whole, cut);
}

TEST_P(GemmRows, TakeSegmentsFromAnywhere) {
  for (const Shape shape : {Shape{40, 60}, {3, 96}}) {
    const auto a = noise(60 + 96, 1);
    const auto weights = noise(static_cast<std::size_t>(shape.n * shape.k), 2);
    const PackedMatrix b(weights, shape.n, shape.k);
    const int length = shape.k / 3;
    const std::ptrdiff_t offsets[] = {2 * length + 1, 0, length + 5};
    std::vector<float> gathered, got(40), want(40);
    for (const auto offset : offsets)
      gathered.insert(gathered.end(), a.begin() + offset, a.begin() + offset + length);
    gemm({gathered.data()}, 1, 0, b, {}, Activation::none, {want.data()});
    gemm({a.data()}, offsets, b, {}, {got.data()});
    EXPECT_EQ(got, want) << "n " << shape.n;
  }
}

TEST_P(GemmRows, TakeMatricesMadeWhileRunning) {
  for (const Shape shape : {Shape{61, 33}, {4, 768}, {3, 5}, {64, 64}}) {
    const auto a = noise(static_cast<std::size_t>(shape.k), 1);
    const auto weights = noise(static_cast<std::size_t>(shape.n * shape.k), 2);
    const PackedMatrix loaded(weights, shape.n, shape.k);
    std::vector<float> storage(PackedMatrix::packed_size(shape.n, shape.k), NAN), input;
    for (int p = 0; p < shape.k; ++p) {
      input.clear();
      for (int i = 0; i < shape.n; ++i)
        input.push_back(weights[static_cast<std::size_t>(i * shape.k + p)]);
      PackedMatrix::put(storage.data(), shape.n, shape.k, p, input.data());
    }
    std::vector<float> want(static_cast<std::size_t>(shape.n)), got = want;
    gemm({a.data()}, 1, 0, loaded, {}, Activation::none, {want.data()});
    gemm({a.data()}, 1, 0, PackedMatrix::borrow(storage.data(), shape.n, shape.k), {},
         Activation::none, {got.data()});
    EXPECT_EQ(got, want) << "n " << shape.n;
  }
}

TEST(PackedMatrix, IsSharedByItsCopies) {
  const auto weights = noise(50 * 3, 1);
  PackedMatrix original(weights, 50, 3);
  const PackedMatrix copy = original;
  original = PackedMatrix();
  EXPECT_EQ(copy.n(), 50);
  EXPECT_EQ(copy.k(), 3);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(copy.panel(0)) % 64, 0u);
  EXPECT_EQ(copy.panel(0)[1 * 32 + 5], weights[5 * 3 + 1]);
  EXPECT_EQ(copy.panel(32)[2 * 16 + 3], weights[(32 + 3) * 3 + 2]);
  EXPECT_EQ(copy.panel(48)[0], weights[48 * 3]);
  EXPECT_EQ(copy.panel(48)[2], 0.0f);  // padding
}

}  // namespace
}  // namespace limpid::kernels
