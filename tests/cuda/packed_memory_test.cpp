// SPDX-License-Identifier: MIT
// What lies between the kernels of a sequential memory layer as numbers of 16 bits, two in a word:
// products that write and read such rows, and the sum that reads them (complex_product.h,
// fsmn_sum.h). To the bit what they make of the same numbers as floats.
#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "lib/kernels/cuda/complex_product.h"
#include "lib/kernels/cuda/fsmn_sum.h"
#include "tests/cuda/emulate.h"
#include "tests/cuda/noise.h"
#include "tests/cuda/packed_values.h"

namespace limpid::kernels::cuda {
namespace {

using test::normal_noise;
using test::uniform_noise;

std::size_t size(std::ptrdiff_t count) {
  return static_cast<std::size_t>(count);
}

// Both parts of rows that lie apart; what is between them is not a number.
struct Plane {
  int rows, width, gap;
  std::vector<float> values;

  Plane(int rows_, int width_, int gap_)
      : rows(rows_), width(width_), gap(gap_), values(size(2 * rows_ * pitch()), NAN) {}
  std::ptrdiff_t pitch() const { return width + gap; }
  template <class T>
  ComplexRows<T> lie(T* data) const {
    return {data, {1, 1, rows}, {0, 0, pitch()}, rows * pitch()};
  }
  float& at(int row, int c) { return values[size(row * pitch() + c)]; }  // of 2 rows
  void fill(const std::vector<float>& from) {
    for (int row = 0; row < 2 * rows; ++row)
      for (int c = 0; c < width; ++c) at(row, c) = from[size(row * width + c)];
  }
};

std::vector<std::uint32_t> bits(const std::vector<float>& values) {
  std::vector<std::uint32_t> all;
  for (const float value : values) all.push_back(bits_of(value));
  return all;
}

// Rows, k and n that fill no tile; n of an odd number of words.
template <Arithmetic kArithmetic, int kColumns>
void expect_the_same_products(int rows, int k, int n) {
  using Number = NumberOf<kArithmetic>;
  SCOPED_TRACE(std::to_string(rows) + " " + std::to_string(k) + " " + std::to_string(n));
  const auto heard = rounded<Number>(normal_noise(size(2 * rows * k), 1));
  const auto w = weight_words(kArithmetic, normal_noise(size(k * n), 2), n);
  auto scale = uniform_noise(size(n), 3);
  scale[1] = 1e6f;  // beyond halves
  const auto shift = uniform_noise(size(n), 4);
  const auto run = [&](bool packed_x, bool packed_y) {
    Plane x(rows, packed_x ? k / 2 : k, packed_x ? 2 : 4), y(rows, packed_y ? n / 2 : n, 1);
    x.fill(packed_x ? packed<Number>(heard) : heard);
    ComplexProductArgs args{x.lie(std::as_const(x.values).data()),
                            k,
                            n,
                            k,
                            0,
                            w.data(),
                            nullptr,
                            {scale.data(), scale.data()},
                            {shift.data(), shift.data()},
                            1,
                            y.lie(y.values.data()),
                            packed_x,
                            packed_y};
    args.find_wide();
    emulate_tiles<ComplexProduct<kColumns, ProductKind::real_weights, kArithmetic>>(args);
    return y;
  };
  const Plane floats = run(false, false);
  EXPECT_EQ(bits(run(true, false).values), bits(floats.values));
  std::vector<float> made;
  for (int row = 0; row < 2 * rows; ++row)
    for (int c = 0; c < n; ++c) made.push_back(floats.values[size(row * floats.pitch() + c)]);
  EXPECT_EQ(std::abs(rounded<Number>(made)[1]) == 65504, kArithmetic == Arithmetic::fp16);
  Plane want(rows, n / 2, 1);
  want.fill(packed<Number>(made));
  EXPECT_EQ(bits(run(false, true).values), bits(want.values));
  EXPECT_EQ(bits(run(true, true).values), bits(want.values));
}

TEST(CudaPackedMemory, ProductsReadAndWriteWords) {
  both([]<Arithmetic kArithmetic>() {
    for (const auto& [rows, k, n] :
         {std::array{1, 4, 2}, {17, 36, 34}, {65, 132, 66}, {131, 20, 130}}) {
      expect_the_same_products<kArithmetic, 16>(rows, k, n);
      expect_the_same_products<kArithmetic, 64>(rows, k, n);
      expect_the_same_products<kArithmetic, 128>(rows, k, n);
    }
  });
}

// Streams, whose sequences lie apart; any number of channels, so that G's begin within a word.
template <Arithmetic kArithmetic>
void expect_the_same_sum(int channels, int taps, int steps, int history) {
  using Number = NumberOf<kArithmetic>;
  constexpr int kLanes = 2, kOthers = 3;
  SCOPED_TRACE(channels);
  const std::ptrdiff_t wide = 2 * (channels + 1), sequence = (history + steps + 1) * wide,
                       part = kLanes * kOthers * sequence;
  const auto x = uniform_noise(size(2 * part), 1), w = uniform_noise(size(2 * taps * channels), 2);
  auto p = rounded<Number>(normal_noise(size(2 * part), 3));
  for (std::ptrdiff_t i = 0; i < 2 * part; ++i)  // behind the last step, and behind the channels
    if (i % sequence / wide == history + steps || i % wide >= 2 * channels) p[size(i)] = NAN;
  const auto words = packed<Number>(p);
  const auto run = [&](const std::vector<float>& from, int of_word, Arithmetic stored) {
    const auto lies = [&]<class T>(T* data, int per) {
      return Sequences<T>{data + history * wide / per,
                          {kOthers * sequence / per, sequence / per},
                          wide / per,
                          part / per};
    };
    std::vector<float> y(x.size(), NAN);
    FsmnSumArgs args{lies(x.data(), 1),
                     lies(from.data(), of_word),
                     lies(y.data(), 1),
                     w.data(),
                     {kLanes, kOthers},
                     steps,
                     channels,
                     taps,
                     history};
    args.stored = stored;
    with_arithmetic(stored,
                    [&]<Arithmetic kStored>() { emulate<FsmnSum<StoredOf<kStored>>>(args); });
    return bits(y);
  };
  EXPECT_EQ(run(words, 2, kArithmetic), run(p, 1, Arithmetic::exact));
}

TEST(CudaPackedMemory, SumsReadWords) {
  both([]<Arithmetic kArithmetic>() {
    for (const auto& [channels, taps, steps, history] : {std::array{1, 20, 1, 19},
                                                         {33, 20, 8, 19},
                                                         {40, 3, 9, 1},
                                                         {64, 1, 17, 0},
                                                         {71, 9, 23, 20}})
      expect_the_same_sum<kArithmetic>(channels, taps, steps, history);
  });
}

}  // namespace
}  // namespace limpid::kernels::cuda
