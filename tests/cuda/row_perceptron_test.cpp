// SPDX-License-Identifier: MIT
// Perceptrons over rows, thread by thread, against their definition in double.
#include "lib/kernels/cuda/strip_perceptron.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <utility>

#include "tests/cuda/emulate.h"
#include "tests/cuda/noise.h"

namespace limpid::kernels::cuda {
namespace {

using test::normal_noise;

constexpr float kEpsilon = 1e-5f;

// Rows of so many lanes, frames and bands, `apart` floats from one to the next.
struct Case {
  int lanes, frames, bands, channels, hidden, apart;
  std::vector<float> gain, offset, w_in, b_in, w_out, b_out, x;

  Case(std::array<int, 3> rows, int channels_, int hidden_, int gap, float level = 1)
      : lanes(rows[0]),
        frames(rows[1]),
        bands(rows[2]),
        channels(channels_),
        hidden(hidden_),
        apart(channels_ + gap),
        gain(normal_noise(channels, 1, 1)),
        offset(normal_noise(channels, 2)),
        w_in(weights(channels, hidden, 3)),
        b_in(normal_noise(hidden, 4)),
        w_out(weights(hidden, channels, 5)),
        b_out(normal_noise(channels, 6)),
        x(normal_noise(lanes * frames * bands * apart, 7, level, level)) {}

  // [inputs][product_pitch(outputs)], zeros behind the outputs.
  static std::vector<float> weights(int inputs, int outputs, unsigned seed) {
    auto rows = normal_noise(inputs * product_pitch(outputs), seed, 0,
                             1 / std::sqrt(static_cast<float>(inputs)));
    for (int i = 0; i < static_cast<int>(rows.size()); ++i)
      if (i % product_pitch(outputs) >= outputs) rows[static_cast<std::size_t>(i)] = 0;
    return rows;
  }
  int rows() const { return lanes * frames * bands; }

  // What was added to x, gaps between its rows included.
  template <Arithmetic kArithmetic>
  std::vector<double> run() const {
    auto made = x;
    const auto in = weight_words(kArithmetic, w_in, product_pitch(hidden)),
               out = weight_words(kArithmetic, w_out, product_pitch(channels));
    RowPerceptronArgs args{
        {made.data(),
         {lanes, frames, bands},
         {std::int64_t{frames} * bands * apart, std::int64_t{bands} * apart, apart},
         0},
        channels,
        hidden,
        false,
        {gain.data(), offset.data(), nullptr, kEpsilon},
        in.data(),
        b_in.data(),
        out.data(),
        b_out.data()};
    args.wide = args.whole_fours();
    EXPECT_EQ(args.wide, channels % 4 == 0 && apart % 4 == 0);
    with_row_perceptron<kArithmetic>(channels,
                                     [&]<class Program>() { emulate_resident<Program>(args); });
    std::vector<double> change;
    for (std::size_t i = 0; i < x.size(); ++i) change.push_back(double{made[i]} - x[i]);
    return change;
  }

  std::vector<double> exact() const {
    std::vector<double> change(x.size(), 0.0);
    for (int row = 0; row < rows(); ++row) {
      const auto normed = norm(x.data() + row * apart);
      for (int h = 0; h < hidden; ++h) {
        double sum = b_in[static_cast<std::size_t>(h)];
        for (int c = 0; c < channels; ++c)
          sum += normed[static_cast<std::size_t>(c)] *
                 w_in[static_cast<std::size_t>(c * product_pitch(hidden) + h)];
        const double value = 0.5 * sum * (1 + std::erf(sum / std::sqrt(2.0)));
        for (int c = 0; c < channels; ++c)
          change[static_cast<std::size_t>(row * apart + c)] +=
              value * w_out[static_cast<std::size_t>(h * product_pitch(channels) + c)];
      }
      for (int c = 0; c < channels; ++c)
        change[static_cast<std::size_t>(row * apart + c)] += b_out[static_cast<std::size_t>(c)];
    }
    return change;
  }
  std::vector<double> norm(const float* row) const {
    double mean = 0, squares = 0;
    for (int c = 0; c < channels; ++c) mean += row[c] / double(channels);
    for (int c = 0; c < channels; ++c) squares += (row[c] - mean) * (row[c] - mean) / channels;
    std::vector<double> normed;
    for (std::size_t c = 0; c < gain.size(); ++c)
      normed.push_back((row[c] - mean) / std::sqrt(squares + double{kEpsilon}) * gain[c] +
                       offset[c]);
    return normed;
  }
};

// Rows that fill no block, channels that fill no group of 32, hidden values that fill no chunk;
// rows with gaps between them, which stay as they are, and rows that begin anywhere.
TEST(CudaRowPerceptron, EveryArithmeticOnAwkwardSizes) {
  for (const Case& data :
       {Case({1, 1, 1}, 1, 1, 0), Case({1, 3, 43}, 7, 13, 1), Case({2, 1, 64}, 32, 32, 0),
        Case({1, 5, 27}, 33, 65, 3), Case({3, 1, 32}, 64, 128, 4), Case({1, 1, 130}, 96, 100, 0),
        Case({1, 2, 9}, 70, 31, 2)}) {
    SCOPED_TRACE(std::to_string(data.channels) + " " + std::to_string(data.hidden));
    const auto want = data.exact();
    EXPECT_GE(snr(data.run<Arithmetic::exact>(), want), 110);
    EXPECT_GE(snr(data.run<Arithmetic::tf32x3>(), want), 105);
    // And no better than so few bits can be.
    const auto expect = [&](double got, double least) {
      EXPECT_GE(got, least);
      EXPECT_TRUE(data.channels == 1 || got <= least + 25) << got;
    };
    expect(snr(data.run<Arithmetic::tf32>(), want), 62);
    expect(snr(data.run<Arithmetic::fp16>(), want), 62);
    expect(snr(data.run<Arithmetic::bf16>(), want), 44);
  }
}

// Norms see the level, products do not. Of x as large as this a float keeps less of what is added.
TEST(CudaRowPerceptron, LevelsDoNotMatter) {
  for (const auto& [level, least] : {std::pair{1e3f, 70.0}, {1e-1f, 105.0}}) {
    const Case data({1, 2, 20}, 24, 48, 0, level);
    EXPECT_GE(snr(data.run<Arithmetic::exact>(), data.exact()), least) << level;
    EXPECT_GE(snr(data.run<Arithmetic::fp16>(), data.exact()), 62) << level;
  }
}

// What a block has is within what every card has, two tiles at least.
TEST(CudaRowPerceptron, FitsIntoEveryCard) {
  for (const Arithmetic arithmetic : kArithmetics)
    with_arithmetic(arithmetic, [&]<Arithmetic kArithmetic>() {
      for (const int channels : {32, 64, 96})
        with_row_perceptron<kArithmetic>(channels, [&]<class Program>() {
          EXPECT_LE(resident_bytes<Program>(resident_buffers<Program>()), kMaxShared);
        });
    });
}

}  // namespace
}  // namespace limpid::kernels::cuda
