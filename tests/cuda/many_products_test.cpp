// SPDX-License-Identifier: MIT
// Many products in one kernel, thread by thread, against plain loops in double: layers of all
// widths, rows that leave blocks partly empty.
#include <gtest/gtest.h>

#include <array>

#include "lib/kernels/cuda/many_products.h"
#include "lib/kernels/cuda/part_sums.h"
#include "tests/cuda/emulate.h"
#include "tests/cuda/noise.h"

namespace limpid::kernels::cuda {
namespace {

using test::short_noise;
using test::uniform_noise;

struct Layer {
  int k, n;
  bool bias;
};
struct Case {
  int lanes, frames;
  std::vector<Layer> layers;
  bool wide;
  int gap;  // in front of a layer's outputs
  bool wide_y;
};

const Case kCases[] = {
    {1, 1, {{1, 1, true}}, false, 3, false},
    {3, 7, {{4, 10, true}, {8, 10, false}, {52, 65, true}, {16, 3, true}}, true, 3, false},
    {2, 150, {{5, 16, true}, {17, 31, true}, {1, 33, false}}, false, 1, false},
    {1, 70, {{20, 96, true}, {8, 96, true}, {4, 36, true}}, true, 4, true},
    {2, 3, std::vector<Layer>(ManyProductArgs::kMax, Layer{4, 9, true}), true, 0, false},
};

// Layers lie one behind the other in frames of x and y.
class Layers {
 public:
  explicit Layers(const Case& c) : case_(c) {
    for (const Layer& layer : c.layers) {
      inputs_ += layer.k;
      outputs_ += layer.n + c.gap;
      w_.push_back(short_noise(size(layer.k * product_pitch(layer.n)), seed_++));
      bias_.push_back(uniform_noise(size(layer.n), seed_++));
    }
    x_ = short_noise(size(c.lanes * c.frames * inputs_), seed_++);
  }

  template <int kColumns, Arithmetic kArithmetic>
  std::vector<float> run() const {
    std::vector<float> y(size(case_.lanes * case_.frames * outputs_), kUntouched);
    ManyProductArgs args{};
    std::vector<std::vector<float>> words;
    int from = 0, to = 0;
    for (const Layer& layer : case_.layers) {
      const auto i = size(args.count++);
      words.push_back(weight_words(kArithmetic, w_[i], product_pitch(layer.n)));
      args.parts[i] = {x_.data() + from,
                       y.data() + to + case_.gap,
                       words[i].data(),
                       layer.bias ? bias_[i].data() : nullptr,
                       layer.k,
                       layer.n,
                       0};
      from += layer.k;
      to += layer.n + case_.gap;
    }
    args.lanes = case_.lanes;
    args.frames = case_.frames;
    args.x_frame = inputs_;
    args.y_frame = outputs_;
    args.x_lane = case_.frames * inputs_;
    args.y_lane = case_.frames * outputs_;
    args.arrange(kColumns);
    EXPECT_EQ(args.wide, case_.wide);
    EXPECT_EQ(args.wide_y, case_.wide_y);
    emulate_tiles<ManyProducts<kColumns, kArithmetic>>(args);
    return y;
  }

  std::vector<double> want() const {
    std::vector<double> y;
    for (int row = 0; row < case_.lanes * case_.frames; ++row) {
      const float* x = x_.data() + row * inputs_;
      for (std::size_t i = 0; i < case_.layers.size(); ++i) {
        const Layer& layer = case_.layers[i];
        y.insert(y.end(), case_.gap, kUntouched);
        for (int n = 0; n < layer.n; ++n) {
          double sum = layer.bias ? bias_[i][size(n)] : 0.0f;
          for (int k = 0; k < layer.k; ++k)
            sum += double{x[k]} * w_[i][size(k * product_pitch(layer.n) + n)];
          y.push_back(sum);
        }
        x += layer.k;
      }
    }
    return y;
  }

 private:
  static constexpr float kUntouched = 7;
  const Case& case_;
  int inputs_ = 0, outputs_ = 0;
  unsigned seed_ = 1;
  std::vector<float> x_;
  std::vector<std::vector<float>> w_, bias_;
};

void expect_near(const std::vector<float>& got, const std::vector<double>& want, double most) {
  ASSERT_EQ(got.size(), want.size());
  for (std::size_t i = 0; i < want.size(); ++i) ASSERT_NEAR(got[i], want[i], most) << i;
}

TEST(CudaManyProducts, EveryLayerReadsAndWritesItsOwn) {
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.layers.size());
    const Layers layers(c);
    const auto want = layers.want();
    for (const Arithmetic arithmetic : kArithmetics)
      with_arithmetic(arithmetic, [&]<Arithmetic kArithmetic>() {
        const auto got = layers.run<16, kArithmetic>();
        expect_near(got, want, kArithmetic == Arithmetic::exact ? 2e-6 : 2e-5);
        EXPECT_EQ(got, (layers.run<32, kArithmetic>()));
        EXPECT_EQ(got, (layers.run<64, kArithmetic>()));
      });
  }
}

TEST(CudaManyProducts, PartsOfALongSumAreAdded) {
  for (const auto& [lanes, frames, parts, n] : {std::array{1, 1, 1, 1}, {3, 5, 13, 70}}) {
    const auto x = uniform_noise(size(lanes * frames * parts * n), 1),
               bias = uniform_noise(size(n), 2);
    std::vector<float> y(size(lanes * frames * n), NAN);
    emulate<PartSums>({{x.data(), frames * parts * n, parts * n, 0},
                       {y.data(), frames * n, n, 0},
                       bias.data(),
                       lanes,
                       frames,
                       parts,
                       n});
    std::vector<double> want;
    for (int row = 0; row < lanes * frames; ++row)
      for (int i = 0; i < n; ++i) {
        double sum = bias[size(i)];
        for (int part = 0; part < parts; ++part) sum += x[size((row * parts + part) * n + i)];
        want.push_back(0.5 * sum * (1 + std::erf(sum / std::sqrt(2.0))));
      }
    expect_near(y, want, 2e-6);
  }
}

TEST(CudaManyProducts, BlocksWasteLittle) {
  const auto columns = [](std::vector<int> outputs) {
    ManyProductArgs args{};
    for (const int n : outputs) args.parts[args.count++].n = n;
    args.arrange();
    return args.columns;
  };
  EXPECT_EQ(columns({64, 64}), 64);
  EXPECT_EQ(columns({96}), 32);
  EXPECT_EQ(columns({10, 65}), 16);
  EXPECT_EQ(columns({60, 4}), 16);
  EXPECT_EQ(columns({50, 60}), 64);
}

}  // namespace
}  // namespace limpid::kernels::cuda
