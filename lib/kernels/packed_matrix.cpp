// SPDX-License-Identifier: MIT
// PackedMatrix: weights in the order in which the micro-kernel reads them.
#include <algorithm>
#include <cmath>
#include <limits>
#include <new>

#include "lib/base/arena.h"
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

// Which multiple of the scale a weight is, where it is one.
std::int8_t whole_number(float weight, float scale) noexcept {
  return static_cast<std::int8_t>(static_cast<int>(weight / scale));
}

// The scale of a row whose weights are whole numbers times it, ±127 the largest; 0: there is none.
float scale_of(std::span<const float> row) noexcept {
  float peak = 0;
  for (const float weight : row) peak = std::max(peak, std::abs(weight));
  const float scale = peak / 127;
  if (scale < std::numeric_limits<float>::min()) return peak == 0 ? 1.0f : 0.0f;
  const auto fits = [scale](float weight) {
    return static_cast<float>(whole_number(weight, scale)) * scale == weight;
  };
  return std::ranges::all_of(row, fits) ? scale : 0;
}

// The scales of n rows of k weights of 8 bits; empty: they are not, or not worth it.
std::vector<float> scales_of(std::span<const float> rows, int n, int k) {
  std::vector<float> scales;
  if (n % PackedMatrix::kPanel != 0 || std::int64_t{n} * k < PackedMatrix::kLarge) return scales;
  const auto inputs = static_cast<std::size_t>(k);
  for (; !rows.empty(); rows = rows.subspan(inputs))
    if (scales.emplace_back(scale_of(rows.first(inputs))) == 0) return {};
  return scales;
}

// All panels, each [k][width], from [n][k]; kept(i, w) is what to keep of weight w of output i.
template <class T, class Kept>
void pack_panels(std::span<const float> rows, int n, int k, T* panels, const Kept& kept) {
  const auto inputs = static_cast<std::size_t>(k);
  for (int column = 0, width = 0; column < n; column += width) {
    width = PackedMatrix::width(column, n);
    const auto first = static_cast<std::size_t>(column), step = static_cast<std::size_t>(width);
    const auto used = static_cast<std::size_t>(std::min(width, n - column));
    T* panel = panels + first * inputs;
    for (std::size_t p = 0; p < inputs; ++p)
      for (std::size_t i = 0; i < used; ++i)
        panel[p * step + i] = kept(first + i, rows[(first + i) * inputs + p]);
  }
}

}  // namespace

PackedMatrix::PackedMatrix(std::span<const float> rows, int n, int k) : n_(n), k_(k) {
  const std::size_t count = packed_size(n, k);
  if (const auto scales = scales_of(rows, n, k); !scales.empty()) {
    const auto bytes = zeroed<std::int8_t>(count);
    pack_panels(rows, n, k, bytes.get(), [&](std::size_t output, float weight) {
      return whole_number(weight, scales[output]);
    });
    const auto kept = zeroed<float>(scales.size());
    std::ranges::copy(scales, kept.get());
    bytes_ = bytes;
    data_ = kept;
    return;
  }
  const auto data = zeroed<float>(count);
  if (narrow()) {
    std::copy(rows.begin(), rows.end(), data.get());
  } else {
    pack_panels(rows, n, k, data.get(), [](std::size_t, float weight) { return weight; });
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
      const std::ptrdiff_t at = static_cast<std::ptrdiff_t>(p) * w;
      if (eight_bits()) {
        for (int i = 0; i < used; ++i) out[i] = byte_panel(column)[at + i] * scales(column)[i];
      } else {
        std::copy_n(panel(column) + at, used, out);
      }
    }
  }
  return values;
}

LIMPID_REALTIME_TRUSTED_BEGIN  // a pointer that owns nothing
PackedMatrix PackedMatrix::borrow(float* storage, int n, int k) LIMPID_REALTIME {
  PackedMatrix matrix;
  matrix.n_ = n;
  matrix.k_ = k;
  matrix.data_ = std::shared_ptr<const float[]>(std::shared_ptr<const float[]>(), storage);
  return matrix;
}
LIMPID_REALTIME_TRUSTED_END

void PackedMatrix::put(float* storage, int n, int k, int p, const float* weights) LIMPID_REALTIME {
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
