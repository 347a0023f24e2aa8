// SPDX-License-Identifier: MIT
// gemm against the oracle: every awkward size on every instruction set.
#include "lib/kernels/gemm.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <span>
#include <utility>

#include "tests/kernels/every_target.h"

namespace limpid::kernels {
namespace {

struct Case {
  std::array<int, 3> count{1, 1, 1};
  std::array<std::ptrdiff_t, 3> stride{0, 0, 0};  // of A
  int segments = 1, length = 1;
  std::ptrdiff_t segment_stride = 0;
  int n = 1;
  bool bias = false;
  Activation activation = Activation::none;
  int gap = 0;  // elements between rows of C that must stay as they are
};

std::size_t reach(const Case& t) {
  std::ptrdiff_t last = t.length + (t.segments - 1) * t.segment_stride;
  for (std::size_t i = 0; i < 3; ++i) last += std::max(0, t.count[i] - 1) * t.stride[i];
  return static_cast<std::size_t>(last);
}

// |error| allowed: rounding in a chain of k products of numbers up to 1.
float tolerance(int k) {
  return 1e-6f + 6e-8f * static_cast<float>(k);
}

void check(const Case& t) {
  const int k = t.segments * t.length;
  const auto a = noise(reach(t) + 1, 1);
  const auto weights = noise(static_cast<std::size_t>(t.n * k), 2);
  const auto bias = t.bias ? noise(static_cast<std::size_t>(t.n), 3) : std::vector<float>();
  const PackedMatrix b(weights, t.n, k);
  const Rows<const float> rows{a.data() + 1, t.count, t.stride};  // + 1: unaligned
  const std::ptrdiff_t pitch = t.n + t.gap;
  const std::array<std::ptrdiff_t, 3> c_stride{t.count[1] * t.count[2] * pitch, t.count[2] * pitch,
                                               pitch};
  const auto size = static_cast<std::size_t>(rows.total() * pitch);
  Fenced c(size), expected(size);
  gemm(rows, t.segments, t.segment_stride, b, bias, t.activation, {c.data(), t.count, c_stride});
  reference::gemm(rows, t.segments, t.segment_stride, weights, t.n, k, bias, t.activation,
                  {expected.data(), t.count, c_stride});
  for (std::size_t i = 0; i < size; ++i) {
    const bool gap = static_cast<std::ptrdiff_t>(i) % pitch >= t.n;
    ASSERT_NEAR(c.data()[i], expected.data()[i], gap ? 0 : tolerance(k))
        << "element " << i << ", n " << t.n << ", k " << k << ", rows " << rows.total();
  }
  ASSERT_FALSE(c.broken());
}

using Gemm = EveryTarget;
INSTANTIATE_EVERY_TARGET(Gemm);

TEST_P(Gemm, MatchesReferenceForAnyNumberOfRows) {
  for (int m = 0; m <= 40; ++m)
    check({.count = {1, 1, m}, .stride = {0, 0, 11}, .length = 11, .n = 37});
  for (int m : {97, 191, 192, 193, 409})
    check({.count = {1, 1, m}, .stride = {0, 0, 7}, .length = 7, .n = 19});
}

TEST_P(Gemm, MatchesReferenceForAnyNumberOfColumns) {
  for (int n = 1; n <= 100; ++n)
    for (int m : {1, 2, 5, 13})
      check({.count = {1, 1, m}, .stride = {0, 0, 9}, .length = 9, .n = n, .gap = 3});
}

TEST_P(Gemm, MatchesReferenceForFewColumnsOfAnyLongDepth) {
  for (int n = 1; n <= 9; ++n)
    for (int length = 30; length <= 70; ++length)
      check({.count = {1, 1, 23},
             .stride = {0, 0, length / 2},
             .segments = 2,
             .length = length,
             .segment_stride = length + 3,
             .n = n,
             .bias = true,
             .activation = length % 2 == 0 ? Activation::relu : Activation::none,
             .gap = 2});
}

TEST_P(Gemm, MatchesReferenceForAnyDepth) {
  for (int k : {1, 2, 3, 5, 7, 8, 15, 16, 17, 31, 32, 33, 63, 127, 257, 1031})
    for (int n : {1, 4, 8, 32})
      check({.count = {1, 1, 7}, .stride = {0, 0, k}, .length = k, .n = n});
}

TEST_P(Gemm, MatchesReferenceWithBiasAndActivation) {
  for (int n : {1, 3, 8, 17, 32, 45, 64})
    for (auto activation : {Activation::none, Activation::relu})
      for (bool bias : {false, true})
        check({.count = {1, 1, 15},
               .stride = {0, 0, 13},
               .length = 13,
               .n = n,
               .bias = bias,
               .activation = activation,
               .gap = 1});
}

TEST_P(Gemm, ReadsOverlappingRowsAndSegmentsInPlace) {
  // Two parts, three frames, strided convolution over frequency with two taps in time.
  for (int channels : {1, 3, 16})
    for (int taps : {2, 5})
      for (int out : {1, 2, 7, 17}) {
        const std::ptrdiff_t frame = (2 * (out - 1) + taps) * channels;
        check({.count = {2, 3, out},
               .stride = {4 * frame, frame, 2 * channels},
               .segments = 2,
               .length = taps * channels,
               .segment_stride = frame,
               .n = 2 * channels,
               .bias = true});
      }
}

TEST_P(Gemm, ReadsManySegmentsAndRepeatedRows) {
  check({.count = {3, 2, 5},
         .stride = {0, 10, 1},
         .segments = 7,
         .length = 3,
         .segment_stride = 2,
         .n = 23});
  check({.count = {2, 1, 14},
         .stride = {40, 0, 0},
         .segments = 5,
         .length = 1,
         .segment_stride = 4,
         .n = 40});
}

// n rows of k whole numbers of -127 .. 127 times a scale of the row, which is exact; one row is
// nothing.
std::vector<float> eight_bit_rows(int n, int k) {
  auto weights = noise(static_cast<std::size_t>(n * k), 2);
  const auto scales = noise(static_cast<std::size_t>(n), 4);
  for (int i = 0; i < n; ++i) {
    const auto row = std::span(weights)
                         .subspan(static_cast<std::size_t>(i * k))
                         .first(static_cast<std::size_t>(k));
    const float scale =
        i == 5 ? 0.0f : std::round(0x1p15f * scales[static_cast<std::size_t>(i)]) * 0x1p-22f;
    for (float& weight : row) weight = std::round(127 * weight) * scale;
    row[static_cast<std::size_t>(i % k)] = i % 2 == 0 ? 127 * scale : -127 * scale;
  }
  return weights;
}

// Weights of 8 bits are kept in a quarter of the memory, without loss, and multiplied as they are;
// a row has the same bits whatever rows are beside it.
TEST_P(Gemm, TakesWeightsOfEightBitsAsTheyAre) {
  for (const auto& [n, k] : {std::pair{32, 2057}, {64, 1031}, {1024, 65}, {96, 700}, {224, 301}}) {
    auto weights = eight_bit_rows(n, k);
    const PackedMatrix bytes(weights, n, k);
    ASSERT_TRUE(bytes.eight_bits());
    const auto by_input = bytes.by_input();
    for (int i = 0; i < n; ++i)
      for (int p = 0; p < k; ++p)
        ASSERT_EQ(by_input[static_cast<std::size_t>(p * n + i)],
                  weights[static_cast<std::size_t>(i * k + p)]);
    const auto a = noise(static_cast<std::size_t>(200 * k), 1);
    for (const auto activation : {Activation::none, Activation::relu}) {
      const auto bias = activation == Activation::none ? std::vector<float>()
                                                       : noise(static_cast<std::size_t>(n), 3);
      std::vector<float> want(static_cast<std::size_t>(200 * n));
      reference::gemm({a.data(), {1, 1, 200}, {0, 0, k}}, 1, 0, weights, n, k, bias, activation,
                      {want.data(), {1, 1, 200}, {0, 0, n}});
      std::vector<float> all;
      for (const int m : {200, 1, 2, 3, 7, 13}) {
        Fenced got(static_cast<std::size_t>(m * n));
        gemm({a.data(), {1, 1, m}, {0, 0, k}}, 1, 0, bytes, bias, activation,
             {got.data(), {1, 1, m}, {0, 0, n}});
        ASSERT_FALSE(got.broken());
        for (std::size_t i = 0; i < got.size(); ++i)
          ASSERT_NEAR(got.data()[i], want[i], tolerance(k)) << "n " << n << ", k " << k;
        if (m == 200) all.assign(got.data(), got.data() + got.size());
        ASSERT_EQ(std::memcmp(got.data(), all.data(), got.size() * sizeof(float)), 0)
            << "n " << n << ", k " << k << ", rows " << m;
      }
    }
  }
}

TEST_P(Gemm, KeepsFloatsWhereEightBitsWouldNotHoldThem) {
  auto weights = eight_bit_rows(64, 1024);
  ASSERT_TRUE(PackedMatrix(weights, 64, 1024).eight_bits());
  weights[70] *= 1.0001f;  // between two whole numbers
  EXPECT_FALSE(PackedMatrix(weights, 64, 1024).eight_bits());
  std::fill_n(weights.begin(), 1024, 0x1p-149f);  // no scale is so small
  EXPECT_FALSE(PackedMatrix(weights, 64, 1024).eight_bits());
  EXPECT_FALSE(PackedMatrix(eight_bit_rows(60, 1200), 60, 1200).eight_bits());  // no whole panels
  EXPECT_FALSE(PackedMatrix(eight_bit_rows(64, 512), 64, 512).eight_bits());    // small
}

TEST_P(Gemm, WritesNothingWithoutRows) {
  check({.count = {0, 3, 5}, .length = 4, .n = 5});
  check({.count = {2, 0, 5}, .length = 4, .n = 5});
  check({.count = {2, 3, 0}, .length = 4, .n = 5});
}

TEST_P(Gemm, CountsRowsInTheSameOrderInBothMatrices) {
  // C may be cut into levels differently from A.
  const auto a = noise(6 * 5, 1), weights = noise(4 * 5, 2);
  const PackedMatrix b(weights, 4, 5);
  Fenced c(6 * 4), expected(6 * 4);
  const Rows<const float> rows{a.data(), {1, 3, 2}, {0, 10, 5}};
  gemm(rows, 1, 0, b, {}, Activation::none, {c.data(), {1, 1, 6}, {0, 0, 4}});
  reference::gemm(rows, 1, 0, weights, 4, 5, {}, Activation::none,
                  {expected.data(), {2, 3, 1}, {12, 4, 0}});
  for (std::size_t i = 0; i < c.size(); ++i) ASSERT_NEAR(c.data()[i], expected.data()[i], 1e-6f);
}

}  // namespace
}  // namespace limpid::kernels
