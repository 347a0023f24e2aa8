// SPDX-License-Identifier: MIT
// Transforms in registers and in a block's memory against the definition.
#include "lib/kernels/cuda/block_fft.h"

#include <gtest/gtest.h>

#include <complex>
#include <numbers>

#include "lib/kernels/cuda/fft_tables.h"
#include "tests/cuda/emulate.h"

namespace limpid::kernels::cuda {
namespace {

std::vector<Complex> noise(int count, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<Complex> values(static_cast<std::size_t>(count));
  for (Complex& v : values) v = {normal(random), normal(random)};
  return values;
}

// The definition at frequency k, of every `stride`-th value.
std::complex<double> dft_at(const std::vector<Complex>& x, int k, std::size_t first = 0,
                            std::size_t stride = 1) {
  std::complex<double> sum = 0;
  const auto size = static_cast<std::int64_t>(x.size() / stride);
  for (std::int64_t n = 0; n < size; ++n) {
    const double angle =
        -2 * std::numbers::pi * static_cast<double>(n * k % size) / static_cast<double>(size);
    const Complex v = x[first + static_cast<std::size_t>(n) * stride];
    sum += std::complex<double>(v.re, v.im) * std::polar(1.0, angle);
  }
  return sum;
}

template <int R>
void check_registers() {
  const auto x = noise(R, R);
  Complex v[R];
  std::copy(x.begin(), x.end(), v);
  dft<R>(v);
  for (int k = 0; k < R; ++k) {
    const auto want = dft_at(x, k);
    EXPECT_NEAR(v[k].re, want.real(), 3e-6) << R << " " << k;
    EXPECT_NEAR(v[k].im, want.imag(), 3e-6) << R << " " << k;
  }
}

TEST(CudaFft, InRegisters) {
  check_registers<2>();
  check_registers<4>();
  check_registers<8>();
  check_registers<16>();
  check_registers<32>();
}

// A whole transform in shared memory.
template <int kLogSize, int kLogColumns>
struct Transform {
  using Fft = BlockFft<kLogSize, kLogColumns>;
  static constexpr int kThreads = 37, kShared = Fft::kPoints, kPhases = Fft::kStages + 2;
  struct Args {
    const Complex* in;
    Complex* out;
    const Complex* twiddles;
  };
  static std::int64_t blocks(const Args&) { return 1; }

  template <int Phase>
  static void run(int thread, std::int64_t, Complex* shared, const Args& args) {
    const typename Fft::Shared points{shared};
    constexpr int kCount = Fft::kSize * Fft::kColumns;
    if constexpr (Phase == 0) {
      for (int i = thread; i < kCount; i += kThreads) points.template at<1>(i, 0) = args.in[i];
    } else if constexpr (Phase <= Fft::kStages) {
      Fft::template forward<Phase - 1>(thread, kThreads, points, points, args.twiddles);
    } else {
      for (int i = thread; i < kCount; i += kThreads) args.out[i] = points.template at<1>(i, 0);
    }
  }
};

template <int kLogSize, int kLogColumns>
void check_block() {
  using Fft = BlockFft<kLogSize, kLogColumns>;
  const auto x = noise(Fft::kSize * Fft::kColumns, kLogSize);
  const auto twiddles = fft_twiddles<kLogSize>();
  ASSERT_EQ(static_cast<int>(twiddles.size()), Fft::kTwiddles);
  std::vector<Complex> out(x.size());
  emulate<Transform<kLogSize, kLogColumns>>({x.data(), out.data(), twiddles.data()});
  std::vector<bool> seen(static_cast<std::size_t>(Fft::kSize));
  std::vector<double> got, want;
  for (int at = 0; at < Fft::kSize; ++at) {
    const int k = Fft::frequency(at);
    ASSERT_TRUE(k >= 0 && k < Fft::kSize && !seen[static_cast<std::size_t>(k)]);
    seen[static_cast<std::size_t>(k)] = true;
    if (at % (1 + Fft::kSize / 61) != 0) continue;  // the definition is slow
    const int column = at % Fft::kColumns;
    const auto one = dft_at(x, k, static_cast<std::size_t>(column), Fft::kColumns);
    const Complex value = out[static_cast<std::size_t>(at * Fft::kColumns + column)];
    got.insert(got.end(), {value.re, value.im});
    want.insert(want.end(), {one.real(), one.imag()});
  }
  EXPECT_GE(snr(got, want), 130) << kLogSize << " " << kLogColumns;
}

TEST(CudaFft, InABlock) {
  check_block<3, 0>();
  check_block<4, 0>();
  check_block<7, 0>();
  check_block<8, 0>();
  check_block<9, 0>();
  check_block<10, 0>();
  check_block<11, 0>();
  check_block<12, 0>();
  check_block<13, 0>();
  check_block<14, 0>();
}

TEST(CudaFft, OfColumns) {
  check_block<3, 9>();
  check_block<5, 7>();
  check_block<6, 6>();
  check_block<7, 5>();
  check_block<8, 4>();
  check_block<9, 4>();
}

// There and back is the identity, times the size.
template <int kLogSize>
struct RoundTrip {
  using Fft = BlockFft<kLogSize>;
  static constexpr int kThreads = 37, kShared = Fft::kPoints, kPhases = 2 * Fft::kStages + 3;
  using Args = typename Transform<kLogSize, 0>::Args;
  static std::int64_t blocks(const Args&) { return 1; }

  template <int Phase>
  static void run(int thread, std::int64_t, Complex* shared, const Args& args) {
    const typename Fft::Shared points{shared};
    constexpr int kInverse = kPhases - 2 - Phase;
    for (int i = thread; i < Fft::kSize; i += kThreads) {
      Complex& point = points.template at<1>(i, 0);
      if constexpr (Phase == 0) point = args.in[i];
      if constexpr (Phase == Fft::kStages + 1) point = swapped(point);
      if constexpr (Phase + 1 == kPhases) args.out[i] = swapped(point);
    }
    if constexpr (Phase >= 1 && Phase <= Fft::kStages)
      Fft::template forward<Phase - 1>(thread, kThreads, points, points, args.twiddles);
    if constexpr (Phase > Fft::kStages + 1 && Phase + 1 < kPhases)
      Fft::template inverse<kInverse>(thread, kThreads, points, points, args.twiddles);
  }
};

template <int kLogSize>
void check_round_trip() {
  constexpr int kSize = 1 << kLogSize;
  const auto x = noise(kSize, 5);
  const auto twiddles = fft_twiddles<kLogSize>();
  std::vector<Complex> out(x.size());
  emulate<RoundTrip<kLogSize>>({x.data(), out.data(), twiddles.data()});
  std::vector<double> got, want;
  for (std::size_t i = 0; i < x.size(); ++i) {
    got.insert(got.end(), {double{out[i].re} / kSize, double{out[i].im} / kSize});
    want.insert(want.end(), {double{x[i].re}, double{x[i].im}});
  }
  EXPECT_GE(snr(got, want), 128) << kLogSize;
}

TEST(CudaFft, ThereAndBack) {
  check_round_trip<3>();
  check_round_trip<8>();
  check_round_trip<9>();
  check_round_trip<11>();
  check_round_trip<14>();
}

}  // namespace
}  // namespace limpid::kernels::cuda
