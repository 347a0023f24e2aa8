// SPDX-License-Identifier: MIT
// C = A * B: the one dense product of the library, shaped for frames of audio.
// A is read in place: rows may overlap and K may be split into segments, so a strided convolution
// over [time][frequency][channel] activations is one call without an im2col buffer.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "lib/base/realtime.h"

namespace limpid::kernels {

// Where the rows of a matrix lie: row (i, j, k) starts at data + i*stride[0] + j*stride[1] +
// k*stride[2] (elements). Rows count as i-major. Each row's elements are contiguous.
template <class T>
struct Rows {
  T* data = nullptr;
  std::array<int, 3> count{1, 1, 1};
  std::array<std::ptrdiff_t, 3> stride{0, 0, 0};
  std::ptrdiff_t total() const noexcept {
    return static_cast<std::ptrdiff_t>(count[0]) * count[1] * count[2];
  }
};

// The weights: n outputs by k inputs, in the order in which the micro-kernel reads them. Immutable;
// copies share the weights. The layout does not depend on the instruction set:
//   few outputs of many inputs (narrow): [n rounded up to 4][k], vectors run along k;
//   else panels of columns (outputs), as many of 32 as fit, then at most one each of 16, 8 and 4,
//   so that any multiple of 4 wastes nothing. A panel is [k][width]; vectors run along its width.
// What is rounded up is filled with zeros.
// A large matrix in whole panels of 32 whose outputs each have weights of 8 bits, -127 .. 127 times
// a scale of their own, is kept as such, in a quarter of the memory, which is what a product of one
// row waits for. A sum is then one of whole numbers times inputs, and is scaled at the end. (Scales
// of up to 17 significant bits, whose products with 8 bits are exact, are always found.)
class PackedMatrix {
 public:
  PackedMatrix() = default;
  // `rows` is [n][k] row-major: one row of weights per output, as PyTorch's Linear. n, k >= 1.
  // Throws std::bad_alloc.
  PackedMatrix(std::span<const float> rows, int n, int k);

  // A matrix made while running: borrows packed_size(n, k) floats, 64-byte aligned, that put()
  // fills.
  static PackedMatrix borrow(float* storage, int n, int k) LIMPID_REALTIME;
  static std::size_t packed_size(int n, int k) noexcept {
    return (static_cast<std::size_t>(n) + 3) / 4 * 4 * static_cast<std::size_t>(k);
  }
  // The n weights of input p of a matrix whose memory is `storage`.
  static void put(float* storage, int n, int k, int p, const float* weights) LIMPID_REALTIME;

  std::vector<float> by_input() const;  // [k][n], without what was rounded up

  int n() const noexcept { return n_; }
  int k() const noexcept { return k_; }
  bool narrow() const noexcept { return narrow(n_, k_); }
  bool eight_bits() const noexcept { return bytes_ != nullptr; }
  static constexpr bool narrow(int n, int k) noexcept { return n <= kNarrow && k >= kLong; }

  // The panel that begins at this column, or the column of a narrow matrix. panel(0) and whole
  // panels are 64-byte aligned. Of a matrix of 8 bits: byte_panel, and the scales of its columns.
  const float* panel(int column) const noexcept {
    return data_.get() + static_cast<std::ptrdiff_t>(column) * k_;
  }
  const std::int8_t* byte_panel(int column) const noexcept {
    return bytes_.get() + static_cast<std::ptrdiff_t>(column) * k_;
  }
  const float* scales(int column) const noexcept { return data_.get() + column; }
  // The width of the panel that begins at `column`, which is a sum of the widths before it.
  static constexpr int width(int column, int n) noexcept {
    int w = kPanel;
    while (w > (n - column + 3) / 4 * 4) w /= 2;
    return w;
  }

  static constexpr int kPanel = 32;
  static constexpr int kNarrow = 8;  // at most this many outputs ...
  static constexpr int kLong = 64;   // ... from at least this many inputs
  // Weights from which 8 bits pay: fewer stay in a core's own cache.
  static constexpr std::int64_t kLarge = 1 << 16;

 private:
  int n_ = 0, k_ = 0;
  std::shared_ptr<const float[]> data_;  // weights, or the scales of
  std::shared_ptr<const std::int8_t[]> bytes_;
};

enum class Activation { none, relu };

// c(row)[0..n) = activation(a(row) * b^T + bias).
// A row of A is `segments` pieces of k/segments contiguous elements, piece s starting at
// row start + s * segment_stride. bias: n values or empty. c must not overlap a.
void gemm(const Rows<const float>& a, int segments, std::ptrdiff_t segment_stride,
          const PackedMatrix& b, std::span<const float> bias, Activation activation,
          const Rows<float>& c) LIMPID_REALTIME;

// The same with segments at any distance: piece s of a row starts at row start + offsets[s]. So the
// taps of a convolution may lie in a ring of frames, and its inputs in several buffers.
void gemm(const Rows<const float>& a, std::span<const std::ptrdiff_t> offsets,
          const PackedMatrix& b, std::span<const float> bias, const Rows<float>& c) LIMPID_REALTIME;

namespace reference {  // the oracle: three loops, double accumulation
void gemm(const Rows<const float>& a, int segments, std::ptrdiff_t segment_stride,
          std::span<const float> b_rows, int n, int k, std::span<const float> bias,
          Activation activation, const Rows<float>& c) noexcept;
}  // namespace reference

}  // namespace limpid::kernels
