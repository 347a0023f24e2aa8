// SPDX-License-Identifier: MIT
// Layers that networks share, with their weights on a GPU.
#pragma once

#include <span>
#include <vector>

#include "lib/base/arithmetic.h"
#include "lib/kernels/cuda/layers.h"
#include "lib/kernels/gemm.h"
#include "limpid/result.h"

namespace limpid::models {

// Y = X W and what follows, as ComplexProductArgs has them.
struct GpuProduct {
  int k = 0, n = 0;
  const float *re = nullptr, *im = nullptr;
  const float *scale[2] = {}, *shift[2] = {};
  float slope = 1;
  Arithmetic arithmetic = Arithmetic::exact;
  bool packed_x = false, packed_y = false;  // see there

  Status run(kernels::cuda::LayerQueue& queue, kernels::cuda::ProductKind kind,
             const kernels::cuda::ComplexRows<const float>& x, int segment,
             std::ptrdiff_t segment_stride, const kernels::cuda::ComplexRows<float>& y) const;
};

// Brings weights to the GPU, for products of one arithmetic. `packed`: linear layers are for
// activations of words of two numbers of 16 bits (strip_product.h).
class GpuLoader {
 public:
  explicit GpuLoader(kernels::cuda::LayerQueue& queue, Arithmetic arithmetic = Arithmetic::exact,
                     bool packed = false);

  Result<const float*> upload(std::span<const float> values);
  // [input][n], as products of this arithmetic read them.
  Result<const float*> weights(std::span<const float> rows, std::ptrdiff_t n);
  // Weights are [input][output]. Without scale and shift. `im` may be empty: real weights.
  Status plain(std::span<const float> re, std::span<const float> im, int k, int n,
               GpuProduct& product);
  // Gives a product its scale and shift, [output] each.
  Status affine(GpuProduct& product, std::span<const float> scale_re,
                std::span<const float> shift_re, std::span<const float> scale_im,
                std::span<const float> shift_im);
  Status linear(const kernels::PackedMatrix& matrix, std::span<const float> bias, float slope,
                GpuProduct& product);

  Arithmetic arithmetic() const noexcept { return arithmetic_; }
  bool packed() const noexcept { return packed_; }

 private:
  kernels::cuda::LayerQueue& queue_;
  Arithmetic arithmetic_;
  bool packed_;
};

// Columns [first, first + count) of a matrix of k rows.
std::vector<float> columns_of(std::span<const float> matrix, int k, int first, int count);

}  // namespace limpid::models
