// SPDX-License-Identifier: MIT
// The products that FRCRN consists of, as sizes and strides.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <vector>

namespace limpid::bench {

struct Shape {
  std::string name;
  std::array<int, 3> rows{};               // parts, frames, frequencies
  std::array<std::ptrdiff_t, 3> stride{};  // of the rows of A
  int segments = 1, length = 1;            // K = segments * length
  std::ptrdiff_t segment_stride = 0;
  int n = 1;
  std::size_t network = 0;  // bytes of all weights of the network this layer is part of

  int m() const { return rows[0] * rows[1] * rows[2]; }
  int k() const { return segments * length; }
  double flops() const { return 2.0 * m() * n * k(); }
  std::size_t row_reach() const;  // elements of A that one row reaches
  std::size_t input() const;      // and all rows
  bool dense() const;             // rows lie one behind the other: no im2col for a BLAS
};

std::vector<Shape> shapes();

}  // namespace limpid::bench
