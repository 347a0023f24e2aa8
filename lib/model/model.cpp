// SPDX-License-Identifier: MIT
#include "lib/model/model.h"

#include "lib/model/attention_trace.h"

namespace limpid {

Result<std::vector<float>> Model::enhance_exact(std::span<const float>) const {
  return Error{ErrorCode::unsupported,
               "model " + spec().name + " has no published offline recipe to be exact to"};
}

Result<AttentionTrace> Model::trace_attention(AudioView<const float>) const {
  return Error{ErrorCode::unsupported,
               "model " + spec().name + " has no attention that could be shown"};
}

}  // namespace limpid
