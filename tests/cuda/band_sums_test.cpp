// SPDX-License-Identifier: MIT
// What bands give to a layer over a frame, thread by thread, against its definition in double.
#include "lib/kernels/cuda/band_sums.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/cuda/emulate.h"
#include "tests/cuda/noise.h"

namespace limpid::kernels::cuda {
namespace {

using test::normal_noise;

constexpr float kEpsilon = 1e-5f;

// Frames are `gap` floats apart.
struct Case {
  int lanes, frames, bands, channels, n, gap;
  int width() const { return bands * channels + gap; }
  std::string name() const { return std::to_string(channels) + " " + std::to_string(n); }
};

class Layer {
 public:
  explicit Layer(const Case& c)
      : c_(c),
        gain_(normal_noise(c.channels, 1, 1)),
        offset_(normal_noise(c.channels, 2)),
        x_(normal_noise(c.lanes * c.frames * c.width(), 3, 1, 2)),
        w_(normal_noise(c.bands * padded() * pitch(), 4)) {
    for (int row = 0; row < c.bands * padded(); ++row)  // as they are loaded
      for (int n = 0; n < pitch(); ++n)
        if (row % padded() >= c.channels || n >= c.n)
          w_[static_cast<std::size_t>(row * pitch() + n)] = 0;
  }

  template <Arithmetic kArithmetic>
  std::vector<double> run() const {
    const auto words = weight_words(kArithmetic, w_, pitch());
    std::vector<float> y(static_cast<std::size_t>(c_.lanes * c_.frames * c_.bands * c_.n), NAN);
    BandSumsArgs args{{x_.data(), c_.frames * c_.width(), c_.width(), 0},
                      {gain_.data(), offset_.data(), nullptr, kEpsilon},
                      words.data(),
                      std::ssize(words) / c_.bands,
                      y.data(),
                      c_.lanes,
                      c_.frames,
                      c_.bands,
                      c_.channels,
                      c_.n,
                      false,
                      false};
    args.arrange();
    EXPECT_EQ(args.wide, c_.channels % 4 == 0 && c_.width() % 4 == 0);
    EXPECT_EQ(args.wide_y, c_.n % 4 == 0);
    with_band_sums<kArithmetic>(c_.channels,
                                [&]<class Program>() { emulate_resident<Program>(args); });
    return {y.begin(), y.end()};
  }

  std::vector<double> exact() const {
    std::vector<double> y;
    for (int frame = 0; frame < c_.lanes * c_.frames; ++frame)
      for (int band = 0; band < c_.bands; ++band) {
        const auto row = normed(x_.data() + frame * c_.width() + band * c_.channels);
        for (int n = 0; n < c_.n; ++n) {
          y.push_back(0);
          for (int c = 0; c < c_.channels; ++c)
            y.back() += row[static_cast<std::size_t>(c)] *
                        w_[static_cast<std::size_t>((band * padded() + c) * pitch() + n)];
        }
      }
    return y;
  }

 private:
  int padded() const { return c_.channels + c_.channels % 2; }
  int pitch() const { return product_pitch(c_.n); }
  std::vector<double> normed(const float* row) const {
    double mean = 0, squares = 0;
    for (int c = 0; c < c_.channels; ++c) mean += row[c] / double(c_.channels);
    for (int c = 0; c < c_.channels; ++c) squares += (row[c] - mean) * (row[c] - mean);
    std::vector<double> normed;
    for (std::size_t c = 0; c < gain_.size(); ++c)
      normed.push_back((row[c] - mean) / std::sqrt(squares / c_.channels + double{kEpsilon}) *
                           gain_[c] +
                       offset_[c]);
    return normed;
  }

  const Case c_;
  std::vector<float> gain_, offset_, x_, w_;
};

// Frames that fill no block, channels that fill no group of 32, outputs that fill no step.
TEST(CudaBandSums, EveryArithmeticOnAwkwardSizes) {
  for (const Case& c : {Case{1, 1, 1, 1, 1, 0}, Case{2, 3, 5, 7, 15, 1}, Case{130, 1, 2, 32, 64, 0},
                        Case{3, 50, 3, 33, 70, 2}, Case{1, 9, 4, 64, 32, 4},
                        Case{5, 1, 8, 96, 64, 0}, Case{2, 1, 3, 70, 33, 0}}) {
    SCOPED_TRACE(c.name());
    const Layer layer(c);
    const auto want = layer.exact();
    EXPECT_GE(snr(layer.run<Arithmetic::exact>(), want), 110);
    EXPECT_GE(snr(layer.run<Arithmetic::tf32x3>(), want), 105);
    EXPECT_GE(snr(layer.run<Arithmetic::tf32>(), want), 58);
    EXPECT_GE(snr(layer.run<Arithmetic::fp16>(), want), 58);
    EXPECT_GE(snr(layer.run<Arithmetic::bf16>(), want), 40);
  }
}

TEST(CudaBandSums, FitsIntoEveryCard) {
  for (const Arithmetic arithmetic : kArithmetics)
    with_arithmetic(arithmetic, [&]<Arithmetic kArithmetic>() {
      for (const int channels : {32, 64, 96})
        with_band_sums<kArithmetic>(channels, [&]<class Program>() {
          EXPECT_LE(resident_bytes<Program>(resident_buffers<Program>()), kMaxShared);
        });
    });
}

}  // namespace
}  // namespace limpid::kernels::cuda
