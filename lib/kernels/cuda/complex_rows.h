// SPDX-License-Identifier: MIT
// What a complex product is made of (complex_product.h): rows of complex numbers that lie anywhere,
// weights, and what becomes of the sums.
#pragma once

#include <cstdint>

#include "lib/kernels/cuda/tiled_program.h"

namespace limpid::kernels::cuda {

// Row (i, j, k) begins at data + i*stride[0] + j*stride[1] + k*stride[2], its imaginary part
// `imaginary` floats further. Rows count as i-major; each row's elements are contiguous.
template <class T>
struct ComplexRows {
  T* data;
  std::int32_t count[3];
  std::int64_t stride[3];
  std::int64_t imaginary;

  LIMPID_HD std::int64_t total() const {
    return static_cast<std::int64_t>(count[0]) * count[1] * count[2];
  }
  LIMPID_HD T* row(std::int64_t index) const {
    const auto n = static_cast<std::uint32_t>(index);
    const auto inner = static_cast<std::uint32_t>(count[2]),
               middle = static_cast<std::uint32_t>(count[1]);
    const std::uint32_t outer = n / inner;
    return data + outer / middle * stride[0] + outer % middle * stride[1] + n % inner * stride[2];
  }
};

struct ComplexProductArgs {
  ComplexRows<const float> x;
  std::int32_t k, n;                 // inputs and outputs of a row
  std::int32_t segment;              // inputs of a segment; k is a multiple of it
  std::int64_t segment_stride;       // floats from a segment to the next
  const float *w_re, *w_im;          // weight_words() of [k][n]; w_im only of complex weights
  const float *scale[2], *shift[2];  // [n], of the real and the imaginary part
  float slope;                       // leaky(v) = max(v, slope v): 0 is ReLU, 1 does nothing
  ComplexRows<float> y;              // as many rows as x; fewer than 2^31
  // Of fp16 and bf16 with real weights: whether x or y are words of two such numbers, which strides
  // count then; k, n and segment count numbers. Segments of such an x are whole fours at multiples
  // of two words, and n of such a y is even.
  bool packed_x = false, packed_y = false;
  // Whether inputs and weights may be read four at a time and outputs be written two at a time.
  bool wide_x = false, wide_w = false, pairs_y = false;

  void find_wide() {
    wide_x = packed_x ||
             Alignment()
                 .of(x.data)
                 .steps(segment, segment_stride, x.stride[0], x.stride[1], x.stride[2], x.imaginary)
                 .whole(4);
    wide_w = Alignment().of(w_re).of(w_im).steps(n).whole(4);
    pairs_y = Alignment()
                  .of(y.data)
                  .steps(n, y.stride[0], y.stride[1], y.stride[2], y.imaginary)
                  .whole(2);
  }
};

// From so many rows on, blocks of 128 columns are as many as fill a card.
inline constexpr std::int64_t kManyRows = 1 << 14;

}  // namespace limpid::kernels::cuda
