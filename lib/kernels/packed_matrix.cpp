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

// [k][width] from [n][k], starting at row `first`.
void pack_panel(std::span<const float> rows, std::size_t k, std::size_t first, std::size_t used,
                std::size_t width, float* panel) {
  for (std::size_t p = 0; p < k; ++p)
    for (std::size_t i = 0; i < used; ++i) panel[p * width + i] = rows[(first + i) * k + p];
}

}  // namespace

PackedMatrix::PackedMatrix(std::span<const float> rows, int n, int k) : n_(n), k_(k) {
  const auto inputs = static_cast<std::size_t>(k);
  const std::shared_ptr<float[]> data = zeroed((static_cast<std::size_t>(n) + 3) / 4 * 4 * inputs);
  data_ = data;
  if (narrow()) {
    std::copy(rows.begin(), rows.end(), data.get());
    return;
  }
  for (int column = 0; column < n; column += width(column, n)) {
    const auto first = static_cast<std::size_t>(column);
    const int w = width(column, n);
    pack_panel(rows, inputs, first, static_cast<std::size_t>(std::min(w, n - column)),
               static_cast<std::size_t>(w), data.get() + first * inputs);
  }
}

std::vector<float> PackedMatrix::by_input() const {
  const auto inputs = static_cast<std::size_t>(k_), outputs = static_cast<std::size_t>(n_);
  std::vector<float> values(inputs * outputs);
  for (int column = 0; column < n_; column += narrow() ? 1 : width(column, n_)) {
    const int w = narrow() ? 1 : width(column, n_), used = std::min(w, n_ - column);
    for (int p = 0; p < k_; ++p)
      std::copy_n(panel(column) + static_cast<std::ptrdiff_t>(p) * w, used,
                  values.begin() + static_cast<std::ptrdiff_t>(p) * n_ + column);
  }
  return values;
}

PackedMatrix PackedMatrix::borrow(float* storage, int n, int k) noexcept {
  PackedMatrix matrix;
  matrix.n_ = n;
  matrix.k_ = k;
  matrix.data_ = std::shared_ptr<const float[]>(std::shared_ptr<const float[]>(), storage);
  return matrix;
}

void PackedMatrix::put(float* storage, int n, int k, int p, const float* weights) noexcept {
  const auto inputs = static_cast<std::ptrdiff_t>(k);
  if (narrow(n, k)) {
    for (int i = 0; i < n; ++i) storage[i * inputs + p] = weights[i];
    return;
  }
  for (int column = 0; column < n; column += width(column, n)) {
    const int w = width(column, n), used = std::min(w, n - column);
    float* out = storage + column * inputs + static_cast<std::ptrdiff_t>(p) * w;
    std::copy_n(weights + column, used, out);
    std::fill(out + used, out + w, 0.0f);
  }
}

}  // namespace limpid::kernels
