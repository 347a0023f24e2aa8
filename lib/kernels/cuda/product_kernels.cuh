// SPDX-License-Identifier: MIT
// What the files of product kernels instantiate.
#pragma once

#include "lib/kernels/cuda/product_kernels.h"
#include "lib/kernels/cuda/resident_program.cuh"

namespace limpid::kernels::cuda {

// launch_product<arithmetic>(stream, what with_program() takes).
template <Arithmetic kArithmetic, class... Args>
Status launch_product(cudaStream_t stream, const Args&... args) {
  return with_program<kArithmetic>(args..., [&]<class Program>(const auto& mine) {
    if constexpr (Resident<Program>)
      return launch_resident<Program>(mine, stream);
    else
      return launch_tiles<Program>(mine, stream);
  });
}

template <Arithmetic kArithmetic>
Status ProductKernels<kArithmetic>::launch(ProductKind kind, const ComplexProductArgs& args,
                                           cudaStream_t stream) {
  return launch_product<kArithmetic>(stream, kind, args);
}

template <Arithmetic kArithmetic>
Status ProductKernels<kArithmetic>::launch(const RealProductArgs& args, cudaStream_t stream) {
  return launch_product<kArithmetic>(stream, args);
}

template <Arithmetic kArithmetic>
Status ProductKernels<kArithmetic>::launch(const ManyProductArgs& args, cudaStream_t stream) {
  return launch_product<kArithmetic>(stream, args);
}

template <Arithmetic kArithmetic>
Status ProductKernels<kArithmetic>::launch(const MemoryInputArgs& args, cudaStream_t stream) {
  return launch_product<kArithmetic>(stream, args);
}

template <Arithmetic kArithmetic>
Status ProductKernels<kArithmetic>::launch(const RowPerceptronArgs& args, cudaStream_t stream) {
  return launch_product<kArithmetic>(stream, args);
}

template <Arithmetic kArithmetic>
Status ProductKernels<kArithmetic>::launch(const BandSumsArgs& args, cudaStream_t stream) {
  return launch_product<kArithmetic>(stream, args);
}

template <Arithmetic kArithmetic>
Status ProductKernels<kArithmetic>::launch(ContextProduct which, const ContextArgs& args,
                                           cudaStream_t stream) {
  return launch_product<kArithmetic>(stream, which, args);
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
