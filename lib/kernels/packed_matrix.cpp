// SPDX-License-Identifier: MIT
// PackedMatrix: weights in the order in which the micro-kernel reads them.
#include <algorithm>
#include <new>

#include "lib/base/arena.h"
#include "lib/base/bfloat16.h"
#include "lib/kernels/gemm.h"

namespace limpid::kernels {
namespace {

template <class T>
std::shared_ptr<T[]> zeroed(std::size_t count) {
  constexpr std::align_val_t alignment{kAlignment};
  auto* p = static_cast<T*>(::operator new[](count * sizeof(T), alignment));
  std::fill_n(p, count, T{});
  return {p, [](T* q) { ::operator delete[](q, std::align_val_t{kAlignment}); }};
}

void put_weight(float x, float& place) noexcept {
  place = x;
}

void put_weight(float x, std::uint16_t& place) noexcept {
  place = to_bfloat16(x);
}

bool as_bfloat16(std::span<const float> rows, int n, int k) noexcept {
  return n % PackedMatrix::kPanel == 0 && std::int64_t{n} * k >= PackedMatrix::kLarge &&
         std::ranges::all_of(rows, is_bfloat16);
}

// [k][width] from [n][k], starting at row `first`.
template <class T>
void pack_panel(std::span<const float> rows, std::size_t k, std::size_t first, std::size_t used,
                std::size_t width, T* panel) {
  for (std::size_t p = 0; p < k; ++p)
    for (std::size_t i = 0; i < used; ++i)
      put_weight(rows[(first + i) * k + p], panel[p * width + i]);
}

// All panels, into `panels`.
template <class T>
void pack_panels(std::span<const float> rows, int n, int k, T* panels) {
  const auto inputs = static_cast<std::size_t>(k);
  for (int column = 0, width = 0; column < n; column += width) {
    width = PackedMatrix::width(column, n);
    const auto first = static_cast<std::size_t>(column);
    pack_panel(rows, inputs, first, static_cast<std::size_t>(std::min(width, n - column)),
               static_cast<std::size_t>(width), panels + first * inputs);
  }
}

}  // namespace

PackedMatrix::PackedMatrix(std::span<const float> rows, int n, int k) : n_(n), k_(k) {
  const std::size_t count = packed_size(n, k);
  if (as_bfloat16(rows, n, k)) {
    const auto upper = zeroed<std::uint16_t>(count);
    pack_panels(rows, n, k, upper.get());
    upper_ = upper;
    return;
  }
  const auto data = zeroed<float>(count);
  if (narrow()) {
    std::copy(rows.begin(), rows.end(), data.get());
  } else {
    pack_panels(rows, n, k, data.get());
  }
  data_ = data;
}

std::vector<float> PackedMatrix::by_input() const {
  const auto inputs = static_cast<std::size_t>(k_), outputs = static_cast<std::size_t>(n_);
  std::vector<float> values(inputs * outputs);
  for (int column = 0, w = 0; column < n_; column += w) {
    w = narrow() ? 1 : width(column, n_);
    const int used = std::min(w, n_ - column);
    for (int p = 0; p < k_; ++p) {
      float* out = values.data() + static_cast<std::ptrdiff_t>(p) * n_ + column;
      const auto at = static_cast<std::ptrdiff_t>(p) * w;
      if (bfloat16()) {
        std::transform(upper_panel(column) + at, upper_panel(column) + at + used, out,
                       from_bfloat16);
      } else {
        std::copy_n(panel(column) + at, used, out);
      }
    }
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
