// SPDX-License-Identifier: MIT
// What the files of product kernels instantiate.
#pragma once

#include "lib/kernels/cuda/complex_product.h"
#include "lib/kernels/cuda/product_kernels.h"
#include "lib/kernels/cuda/resident_program.cuh"

namespace limpid::kernels::cuda {

template <Arithmetic kArithmetic>
Status ProductKernels<kArithmetic>::launch(ProductKind kind, const ComplexProductArgs& args,
                                           cudaStream_t stream) {
  return with_kind(kind, [&]<ProductKind kKind>() {
    return with_product<kKind, kArithmetic>(args.n, args.x.total(), [&]<class Program>() {
      return launch_tiles<Program>(args, stream);
    });
  });
}

template <Arithmetic kArithmetic>
Status ProductKernels<kArithmetic>::launch(const RealProductArgs& args, cudaStream_t stream) {
  return with_product_of<kArithmetic>(
      args, [&]<class Program>() { return launch_tiles<Program>(args, stream); });
}

template <Arithmetic kArithmetic>
Status ProductKernels<kArithmetic>::launch(const ManyProductArgs& args, cudaStream_t stream) {
  return with_many_products<kArithmetic>(
      args.columns, [&]<class Program>() { return launch_tiles<Program>(args, stream); });
}

template <Arithmetic kArithmetic>
Status ProductKernels<kArithmetic>::launch(const MemoryInputArgs& args, cudaStream_t stream) {
  return with_memory_input<kArithmetic>(args.filter.channels, [&]<class Program>() {
    return launch_resident<Program>(args, stream);
  });
}

template <Arithmetic kArithmetic>
Status ProductKernels<kArithmetic>::launch(const RowPerceptronArgs& args, cudaStream_t stream) {
  return with_row_perceptron<kArithmetic>(
      args.channels, [&]<class Program>() { return launch_resident<Program>(args, stream); });
}

template <Arithmetic kArithmetic>
Status ProductKernels<kArithmetic>::launch(const BandSumsArgs& args, cudaStream_t stream) {
  return with_band_sums<kArithmetic>(
      args.channels, [&]<class Program>() { return launch_resident<Program>(args, stream); });
}

template <Arithmetic kArithmetic>
Status ProductKernels<kArithmetic>::gather_context(const ContextArgs& args, cudaStream_t stream) {
  if constexpr (NumberOf<kArithmetic>::kInputs == 2)
    if (args.packed) return launch_resident<GatherStrips<kArithmetic>>(args, stream);
  return launch_tiles<GatherTiles<kArithmetic>>(args, stream);
}

template <Arithmetic kArithmetic>
Status ProductKernels<kArithmetic>::add_context(const ContextArgs& args, cudaStream_t stream) {
  if constexpr (NumberOf<kArithmetic>::kInputs == 2)
    if (args.packed) return launch_resident<QueryStrips<kArithmetic>>(args, stream);
  return launch_tiles<AddContextTiles<kArithmetic>>(args, stream);
}

template <Arithmetic kArithmetic>
Status ProductKernels<kArithmetic>::prepare() {
  if (auto done = prepare_tiles<GatherTiles<kArithmetic>>(); !done) return done;
  if (auto done = prepare_tiles<AddContextTiles<kArithmetic>>(); !done) return done;
  if constexpr (NumberOf<kArithmetic>::kInputs == 2) {
    if (auto done = prepare_tiles<StripProduct<kArithmetic>>(); !done) return done;
    if (auto done = prepare_resident<GatherStrips<kArithmetic>>(); !done) return done;
    if (auto done = prepare_resident<QueryStrips<kArithmetic>>(); !done) return done;
  }
  const auto prepare = [&]<class Program>() { return prepare_tiles<Program>(); };
  for (const int columns : {128, 64, 32, 16})
    if (auto done = with_real_product<kArithmetic>(columns, kManyRows, prepare); !done) return done;
  for (const int columns : {64, 32, 16}) {
    if (auto done = with_many_products<kArithmetic>(columns, prepare); !done) return done;
  }
  const auto prepare_rows = [&]<class Program>() { return prepare_resident<Program>(); };
  for (const int channels : {96, 64, 32}) {
    if (auto done = with_memory_input<kArithmetic>(channels, prepare_rows); !done) return done;
    if (auto done = with_row_perceptron<kArithmetic>(channels, prepare_rows); !done) return done;
    if (auto done = with_band_sums<kArithmetic>(channels, prepare_rows); !done) return done;
  }
  for (const ProductKind kind : {ProductKind::complex, ProductKind::real_weights,
                                 ProductKind::real_input, ProductKind::real_output})
    for (const int columns : {128, 64, 32, 16}) {
      const Status done = with_kind(kind, [&]<ProductKind kKind>() {
        return with_product<kKind, kArithmetic>(columns, kManyRows, prepare);
      });
      if (!done) return done;
    }
  return Done{};
}

}  // namespace limpid::kernels::cuda
