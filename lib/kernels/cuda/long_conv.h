// SPDX-License-Identifier: MIT
// The ways to do a long convolution, behind LongConv (backend.h).
#pragma once

#include <cuda_runtime.h>

#include "lib/kernels/cuda/conv_plan.h"

namespace limpid::kernels::cuda {

Result<std::unique_ptr<LongConv>> open_fused_conv(const LongConvSpec& spec, const ConvPlan& plan);
Result<std::unique_ptr<LongConv>> open_split_conv(const LongConvSpec& spec, const ConvPlan& plan);
Result<std::unique_ptr<LongConv>> open_cufft_conv(const LongConvSpec& spec, const ConvPlan& plan);

inline cudaStream_t native(Stream stream) {
  return static_cast<cudaStream_t>(stream);
}

// The rows of a call. Pairs of samples are read at once where the caller's memory allows it.
template <class T>
Rows<T> rows_of(const LongConvSpec& spec, const ConvPlan& plan, const void* u, const void* gate_in,
                const void* gate_out, void* y) {
  RowShape shape = plan.row;
  for (const void* memory : {u, gate_in, gate_out, static_cast<const void*>(y)})
    if (reinterpret_cast<std::uintptr_t>(memory) % (2 * sizeof(T)) != 0) shape.paired = 0;
  return {static_cast<const T*>(u),
          static_cast<const T*>(gate_in),
          static_cast<const T*>(gate_out),
          static_cast<T*>(y),
          spec.lanes,
          spec.channels,
          spec.length,
          shape};
}

// Filters as rows: one lane, only u is read.
inline Rows<float> filter_rows(const LongConvSpec& spec, const ConvPlan& plan,
                               const float* filters) {
  return {filters, nullptr, nullptr, nullptr, 1, spec.channels, spec.taps, plan.filter};
}

// Conv<type of the samples>::open(spec, plan).
template <template <class> class Conv>
Result<std::unique_ptr<LongConv>> open_of_samples(const LongConvSpec& spec, const ConvPlan& plan) {
  switch (spec.sample) {
    case Sample::f16:
      return Conv<Half>::open(spec, plan);
    case Sample::bf16:
      return Conv<BFloat>::open(spec, plan);
    default:
      return Conv<float>::open(spec, plan);
  }
}

}  // namespace limpid::kernels::cuda
