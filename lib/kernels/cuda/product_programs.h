// SPDX-License-Identifier: MIT
// Which program makes a product of networks: with_program<arithmetic>(arguments, f) calls
// f.template operator()<Program>(args), on a GPU and in tests alike.
#pragma once

#include "lib/kernels/cuda/band_sums.h"
#include "lib/kernels/cuda/complex_product.h"
#include "lib/kernels/cuda/many_products.h"
#include "lib/kernels/cuda/memory_input.h"
#include "lib/kernels/cuda/strip_perceptron.h"
#include "lib/kernels/cuda/strip_queries.h"

namespace limpid::kernels::cuda {

// Both products of linear attention with its context (context_products.h).
enum class ContextProduct { gather, add };

template <Arithmetic kArithmetic, class F>
auto with_program(ProductKind kind, const ComplexProductArgs& args, F f) {
  return with_kind(kind, [&]<ProductKind kKind>() {
    return with_product<kKind, kArithmetic>(args.n, args.x.total(), [&]<class Program>() {
      return f.template operator()<Program>(args);
    });
  });
}

template <Arithmetic kArithmetic, class F>
auto with_program(const RealProductArgs& args, F f) {
  return with_product_of<kArithmetic>(
      args, [&]<class Program>() { return f.template operator()<Program>(args); });
}

template <Arithmetic kArithmetic, class F>
auto with_program(const ManyProductArgs& args, F f) {
  return with_many_products<kArithmetic>(
      args.columns, [&]<class Program>() { return f.template operator()<Program>(args); });
}

template <Arithmetic kArithmetic, class F>
auto with_program(const MemoryInputArgs& args, F f) {
  return with_memory_input<kArithmetic>(
      args.filter.channels, [&]<class Program>() { return f.template operator()<Program>(args); });
}

template <Arithmetic kArithmetic, class F>
auto with_program(const RowPerceptronArgs& args, F f) {
  return with_row_perceptron<kArithmetic>(
      args.channels, [&]<class Program>() { return f.template operator()<Program>(args); });
}

template <Arithmetic kArithmetic, class F>
auto with_program(const BandSumsArgs& args, F f) {
  return with_band_sums<kArithmetic>(
      args.channels, [&]<class Program>() { return f.template operator()<Program>(args); });
}

template <Arithmetic kArithmetic, class F>
auto with_program(ContextProduct which, const ContextArgs& args, F f) {
  const bool gather = which == ContextProduct::gather;
  if constexpr (NumberOf<kArithmetic>::kInputs == 2)
    if (args.packed)
      return gather ? f.template operator()<GatherStrips<kArithmetic>>(args)
                    : f.template operator()<QueryStrips<kArithmetic>>(args);
  return gather ? f.template operator()<GatherTiles<kArithmetic>>(args)
                : f.template operator()<AddContextTiles<kArithmetic>>(args);
}

}  // namespace limpid::kernels::cuda
