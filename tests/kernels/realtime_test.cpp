// SPDX-License-Identifier: MIT
// The kernels keep the real-time promise from their first call on: ctest runs every test in a
// process of its own, so the calls below are the first ones.
#include "lib/kernels/elementwise.h"
#include "lib/kernels/fsmn.h"
#include "lib/kernels/gemm.h"
#include "tests/kernels/every_target.h"
#include "tests/support/realtime_guard.h"

namespace limpid::kernels {
namespace {

TEST(KernelsRealtime, FirstProductOfEveryLayout) {
  for (const int n : {2, 7, 24, 61}) {
    const auto a = noise(400 * 70, 1);
    const PackedMatrix b(noise(static_cast<std::size_t>(n * 70), 2), n, 70);
    std::vector<float> c(static_cast<std::size_t>(400 * n));
    test::expect_realtime([&] {
      gemm({a.data(), {1, 1, 400}, {0, 0, 70}}, 2, 35, b, {}, Activation::relu,
           {c.data(), {1, 1, 400}, {0, 0, n}});
    });
  }
}

TEST(KernelsRealtime, FirstMemory) {
  const auto x = noise(50 * 24, 1), w = noise(20 * 24, 2);
  std::vector<float> y(50 * 24);
  test::expect_realtime([&] { fsmn_memory(x.data(), 24, 0, 50, 24, w, 20, y.data(), 24); });
}

TEST(KernelsRealtime, FirstElements) {
  constexpr int kCount = 37;
  const auto x = noise(kCount, 1);
  std::vector<float> y(kCount);
  test::expect_realtime([&] {
    multiply(x.data(), x.data(), kCount, y.data());
    sigmoid(x.data(), kCount, y.data());
    add_tanh(x.data(), kCount, y.data());
    repair(x.data(), kCount, y.data());
  });
}

}  // namespace
}  // namespace limpid::kernels
