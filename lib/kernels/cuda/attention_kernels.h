// SPDX-License-Identifier: MIT
// Launches attention on a GPU.
#pragma once

#include <cuda_runtime.h>

#include "lib/kernels/cuda/attention_forward.h"
#include "limpid/result.h"

namespace limpid::kernels::cuda {

inline constexpr int kMaxAttentionWidth = 128;  // of a head

// Enqueues it. unsupported: heads wider than kMaxAttentionWidth; device.
Status launch_attention(const AttentionForwardArgs& args, cudaStream_t stream);

}  // namespace limpid::kernels::cuda
