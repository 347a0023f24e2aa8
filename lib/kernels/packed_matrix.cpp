// SPDX-License-Identifier: MIT
// PackedMatrix: weights in the order in which the micro-kernel reads them.
#include <algorithm>
#include <new>

#include "lib/base/arena.h"
#include "lib/kernels/gemm.h"

namespace limpid::kernels {
namespace {

std::shared_ptr<float[]> zeroed(std::size_t count) {
  constexpr std::align_val_t alignment{kAlignment};
  auto* p = static_cast<float*>(::operator new[](count * sizeof(float), alignment));
  std::fill_n(p, count, 0.0f);
  return {p, [](float* q) { ::operator delete[](q, std::align_val_t{kAlignment}); }};
}

}  // namespace

PackedMatrix::PackedMatrix(std::span<const float> rows, int n, int k) : n_(n), k_(k) {
  const auto inputs = static_cast<std::size_t>(k);
  const std::shared_ptr<float[]> data = zeroed((static_cast<std::size_t>(n) + 3) / 4 * 4 * inputs);
  for (int column = 0; column < n; column += width(column, n)) {
    const auto first = static_cast<std::size_t>(column);
    const auto w = static_cast<std::size_t>(width(column, n));
    const std::size_t used = std::min(w, static_cast<std::size_t>(n - column));
    for (std::size_t p = 0; p < inputs; ++p)
      for (std::size_t i = 0; i < used; ++i)
        data[first * inputs + p * w + i] = rows[(first + i) * inputs + p];
  }
  data_ = data;
}

}  // namespace limpid::kernels
