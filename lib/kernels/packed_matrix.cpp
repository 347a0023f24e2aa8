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

bool as_bfloat16(std::span<const float> rows, int n, int k) noexcept {
  return n % PackedMatrix::kPanel == 0 && std::int64_t{n} * k >= PackedMatrix::kLarge &&
         std::ranges::all_of(rows, is_bfloat16);
}

// All panels, each [k][width], from [n][k].
void pack_panels(std::span<const float> rows, int n, int k, float* panels) {
  const auto inputs = static_cast<std::size_t>(k);
  for (int column = 0, width = 0; column < n; column += width) {
    width = PackedMatrix::width(column, n);
    const auto first = static_cast<std::size_t>(column), step = static_cast<std::size_t>(width);
    const auto used = static_cast<std::size_t>(std::min(width, n - column));
    float* panel = panels + first * inputs;
    for (std::size_t p = 0; p < inputs; ++p)
      for (std::size_t i = 0; i < used; ++i) panel[p * step + i] = rows[(first + i) * inputs + p];
  }
}

constexpr std::size_t kWords = PackedMatrix::kPanel / 2;

// The same in words of two numbers.
void pack_words(std::span<const float> rows, std::size_t n, std::size_t k, std::uint32_t* words) {
  for (std::size_t first = 0; first < n; first += 2 * kWords)
    for (std::size_t p = 0; p < k; ++p)
      for (std::size_t i = 0; i < kWords; ++i)
        *words++ = to_bfloat16(rows[(first + i) * k + p]) |
                   std::uint32_t{to_bfloat16(rows[(first + kWords + i) * k + p])} << 16;
}

void unpack_words(const std::uint32_t* words, float* columns) noexcept {
  for (std::size_t i = 0; i < kWords; ++i) {
    columns[i] = from_bfloat16(static_cast<std::uint16_t>(words[i] & 0xffffu));
    columns[kWords + i] = from_bfloat16(static_cast<std::uint16_t>(words[i] >> 16));
  }
}

}  // namespace

PackedMatrix::PackedMatrix(std::span<const float> rows, int n, int k) : n_(n), k_(k) {
  const std::size_t count = packed_size(n, k);
  if (as_bfloat16(rows, n, k)) {
    const auto words = zeroed<std::uint32_t>(count / 2);
    pack_words(rows, static_cast<std::size_t>(n), static_cast<std::size_t>(k), words.get());
    words_ = words;
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
      if (bfloat16()) {
        unpack_words(bfloat16_panel(column) + static_cast<std::ptrdiff_t>(p) * (w / 2), out);
      } else {
        std::copy_n(panel(column) + static_cast<std::ptrdiff_t>(p) * w, used, out);
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
