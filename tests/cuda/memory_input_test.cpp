// SPDX-License-Identifier: MIT
// What a memory hears of live frames, thread by thread, against NormedFilter (whose own test has
// the definition) and a product in double.
#include "lib/kernels/cuda/memory_input.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/cuda/emulate.h"
#include "tests/cuda/noise.h"

namespace limpid::kernels::cuda {
namespace {

using test::normal_noise;

struct Sizes {
  int lanes, rows, channels, taps, outputs;
};

class Stream {
 public:
  explicit Stream(const Sizes& s)
      : size_(s),
        width_(s.rows * s.channels),
        capacity_(s.taps + 2),
        h_(normal_noise(s.taps * width_, 1)),
        gain_(normal_noise(s.channels, 2, 1)),
        offset_(normal_noise(s.channels, 3)),
        w_(normal_noise(s.channels * product_pitch(s.outputs), 4)),
        bias_(normal_noise(s.outputs, 5)),
        ring_(static_cast<std::size_t>(s.lanes * capacity_ * width_)),
        reference_(ring_) {}

  // Signal to noise of one frame more.
  template <Arithmetic kArithmetic>
  double run() {
    const auto x = normal_noise(size_.lanes * width_, ++seed_, 3);
    std::vector<float> recent(x.size(), NAN);
    const auto words = weight_words(kArithmetic, w_, product_pitch(size_.outputs));
    std::vector<float> y(static_cast<std::size_t>(size_.lanes * size_.rows * size_.outputs), NAN);
    MemoryInputArgs args{
        filter(x, recent, ring_),
        words.data(),
        bias_.data(),
        size_.outputs,
        {y.data(), {size_.lanes, 1, size_.rows}, {size_.rows * size_.outputs, 0, size_.outputs}, 0},
        false,
        false};
    args.arrange();
    EXPECT_EQ(args.wide, size_.channels % 4 == 0);
    EXPECT_EQ(args.wide_y, size_.outputs % 4 == 0);
    with_memory_input<kArithmetic>(
        size_.channels, [&]<class Program>() { emulate_resident<Program>(args, seed_); });
    emulate<NormedFilter>(filter(x, recent, reference_), seed_);
    emulate<Advance>({&head_, 1, capacity_, capacity_, false});
    return snr({y.begin(), y.end()}, product(recent));
  }
  // Of what is remembered.
  double snr_of_ring() const {
    return snr({ring_.begin(), ring_.end()}, {reference_.begin(), reference_.end()});
  }

 private:
  NormedFilterArgs filter(const std::vector<float>& x, std::vector<float>& y,
                          std::vector<float>& ring) const {
    return {{x.data(), width_, width_, 0},
            {y.data(), width_, width_, 0},
            ring.data(),
            &head_,
            {gain_.data(), offset_.data(), nullptr, 1e-5f},
            h_.data(),
            size_.lanes,
            1,
            size_.rows,
            size_.channels,
            size_.taps,
            capacity_};
  }
  std::vector<double> product(const std::vector<float>& rows) const {
    std::vector<double> y;
    for (int row = 0; row < size_.lanes * size_.rows; ++row)
      for (int n = 0; n < size_.outputs; ++n) {
        y.push_back(bias_[static_cast<std::size_t>(n)]);
        for (int c = 0; c < size_.channels; ++c)
          y.back() += double{rows[static_cast<std::size_t>(row * size_.channels + c)]} *
                      w_[static_cast<std::size_t>(c * product_pitch(size_.outputs) + n)];
      }
    return y;
  }

  const Sizes& size_;
  int width_, capacity_;
  std::vector<float> h_, gain_, offset_, w_, bias_, ring_, reference_;
  RingHead head_{0, 0, 0};
  unsigned seed_ = 10;
};

// Rows that fill no block, channels that fill no group of 32, outputs that fill no step, over more
// frames than a ring has.
TEST(CudaMemoryInput, EveryArithmeticOnAwkwardSizes) {
  for (const Sizes& s :
       {Sizes{1, 1, 1, 1, 1}, Sizes{2, 5, 7, 3, 15}, Sizes{1, 130, 32, 2, 32},
        Sizes{5, 32, 33, 4, 70}, Sizes{3, 32, 96, 3, 192}, Sizes{2, 3, 64, 16, 9}}) {
    SCOPED_TRACE(std::to_string(s.channels) + " " + std::to_string(s.outputs));
    Stream stream(s);
    for (int frame = 0; frame < s.taps + 4; ++frame) {
      EXPECT_GE(stream.run<Arithmetic::exact>(), 110);
      EXPECT_GE(stream.run<Arithmetic::tf32x3>(), 105);
      EXPECT_GE(stream.run<Arithmetic::tf32>(), 58);
      EXPECT_GE(stream.run<Arithmetic::fp16>(), 58);
      EXPECT_GE(stream.run<Arithmetic::bf16>(), 40);
      if (s.taps > 1) {  // else nothing is remembered
        EXPECT_GE(stream.snr_of_ring(), 120);
      }
    }
  }
}

TEST(CudaMemoryInput, FitsIntoEveryCard) {
  for (const Arithmetic arithmetic : kArithmetics)
    with_arithmetic(arithmetic, [&]<Arithmetic kArithmetic>() {
      for (const int channels : {32, 64, 96})
        with_memory_input<kArithmetic>(channels, [&]<class Program>() {
          EXPECT_LE(resident_bytes<Program>(resident_buffers<Program>()), kMaxShared);
        });
    });
}

}  // namespace
}  // namespace limpid::kernels::cuda
