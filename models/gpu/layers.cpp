// SPDX-License-Identifier: MIT
#include "models/gpu/layers.h"

namespace limpid::models {

Status GpuProduct::run(kernels::cuda::LayerQueue& queue, kernels::cuda::ProductKind kind,
                       const kernels::cuda::ComplexRows<const float>& x, int segment,
                       std::ptrdiff_t segment_stride,
                       const kernels::cuda::ComplexRows<float>& y) const {
  kernels::cuda::ComplexProductArgs args{x,
                                         k,
                                         n,
                                         segment,
                                         segment_stride,
                                         re,
                                         im,
                                         {scale[0], scale[1]},
                                         {shift[0], shift[1]},
                                         slope,
                                         y,
                                         packed_x,
                                         packed_y};
  args.find_wide();
  return queue.product(kind, arithmetic, args);
}

GpuLoader::GpuLoader(kernels::cuda::LayerQueue& queue, Arithmetic arithmetic, bool packed)
    : queue_(queue), arithmetic_(arithmetic), packed_(packed) {}

Result<const float*> GpuLoader::upload(std::span<const float> values) {
  auto memory = queue_.claim(values.size());
  if (!memory) return memory.error();
  const auto count = static_cast<std::ptrdiff_t>(values.size());
  if (auto done = queue_.upload(*memory, count, values.data(), count, 1); !done)
    return done.error();
  if (auto done = queue_.finish(); !done) return done.error();  // `values` may be gone after this
  return static_cast<const float*>(*memory);
}

Result<const float*> GpuLoader::weights(std::span<const float> rows, std::ptrdiff_t n) {
  return upload(kernels::cuda::weight_words(arithmetic_, rows, n));
}

Status GpuLoader::affine(GpuProduct& product, std::span<const float> scale_re,
                         std::span<const float> shift_re, std::span<const float> scale_im,
                         std::span<const float> shift_im) {
  const std::span<const float> from[] = {scale_re, scale_im, shift_re, shift_im};
  const float** to[] = {&product.scale[0], &product.scale[1], &product.shift[0], &product.shift[1]};
  for (std::size_t i = 0; i < 4; ++i) {
    auto values = upload(from[i]);
    if (!values) return values.error();
    *to[i] = *values;
  }
  return Done{};
}

Status GpuLoader::plain(std::span<const float> re, std::span<const float> im, int k, int n,
                        GpuProduct& product) {
  product.k = k;
  product.n = n;
  product.arithmetic = arithmetic_;
  auto real = weights(re, n);
  if (!real) return real.error();
  product.re = *real;
  if (!im.empty()) {
    auto imaginary = weights(im, n);
    if (!imaginary) return imaginary.error();
    product.im = *imaginary;
  }
  const std::vector<float> one(static_cast<std::size_t>(n), 1.0f),
      zero(static_cast<std::size_t>(n), 0.0f);
  return affine(product, one, zero, one, zero);
}

Status GpuLoader::linear(const kernels::PackedMatrix& matrix, std::span<const float> bias,
                         float slope, GpuProduct& product) {
  if (auto done = plain(matrix.by_input(), {}, matrix.k(), matrix.n(), product); !done) return done;
  product.slope = slope;
  if (bias.empty()) return Done{};
  const std::vector<float> one(bias.size(), 1.0f);
  return affine(product, one, bias, one, bias);
}

std::vector<float> columns_of(std::span<const float> matrix, int k, int first, int count) {
  std::vector<float> part;
  const std::ptrdiff_t width = std::ssize(matrix) / k;
  for (int row = 0; row < k; ++row) {
    const auto begin = matrix.begin() + row * width + first;
    part.insert(part.end(), begin, begin + count);
  }
  return part;
}

}  // namespace limpid::models
