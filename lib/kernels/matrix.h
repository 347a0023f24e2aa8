// SPDX-License-Identifier: MIT
// Matrix: rows of equal length, `stride` elements apart. Borrows; pass by value.
#pragma once

#include <cstddef>

#include "lib/kernels/gemm.h"

namespace limpid::kernels {

template <class T>
struct Matrix {
  T* data = nullptr;
  std::ptrdiff_t stride = 0;  // elements from one row to the next
  int rows = 0, columns = 0;

  operator Matrix<const T>() const noexcept { return {data, stride, rows, columns}; }
  operator Rows<T>() const noexcept { return {data, {1, 1, rows}, {0, 0, stride}}; }
  operator Rows<const T>() const noexcept
    requires(!std::is_const_v<T>)
  {
    return {data, {1, 1, rows}, {0, 0, stride}};
  }
  T* row(std::ptrdiff_t index) const noexcept { return data + index * stride; }
  Matrix slice_rows(int first, int count) const noexcept {
    return {row(first), stride, count, columns};
  }
  Matrix slice_columns(int first, int count) const noexcept {
    return {data + first, stride, rows, count};
  }
};

}  // namespace limpid::kernels
