// SPDX-License-Identifier: MIT
#include "lib/kernels/cuda/attention_kernels.h"

#include <algorithm>

#include "lib/kernels/cuda/program.cuh"

namespace limpid::kernels::cuda {

Status launch_attention(const AttentionForwardArgs& args, cudaStream_t stream) {
  const int width = std::max(args.width, args.value_width);
  if (width > kMaxAttentionWidth)
    return Error{ErrorCode::unsupported, "attention on a GPU: heads of at most " +
                                             std::to_string(kMaxAttentionWidth) +
                                             " elements, found " + std::to_string(width)};
  if (auto done = launch<AttentionReady>(args, stream); !done) return done;
  if (width <= 16) return launch<AttentionForward<16>>(args, stream);
  if (width <= 32) return launch<AttentionForward<32>>(args, stream);
  if (width <= 64) return launch<AttentionForward<64>>(args, stream);
  return launch<AttentionForward<128>>(args, stream);
}

}  // namespace limpid::kernels::cuda
