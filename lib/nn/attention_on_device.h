// SPDX-License-Identifier: MIT
// The same operation on a GPU: what its kernel must be told. Addresses are the caller's affair.
#pragma once

#include "lib/kernels/cuda/attention_forward.h"
#include "lib/nn/attention.h"

namespace limpid::nn {

// Everything but lanes, frames and pointers: where args.sink, gating or slopes (see below) ask for
// it, the caller adds the parameters that Attention::create was given, in the device's memory; with
// rotary positions, `cos_sin` of every frame (rotary().cos_sin), and with them or `directions`
// memory for ready_q and ready_k. slopes: if the kind or the positions have them. unsupported:
// sinks of the StreamingLLM form.
Result<kernels::cuda::AttentionForwardArgs> forward_args(const Attention& attention);

}  // namespace limpid::nn
