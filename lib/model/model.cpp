// SPDX-License-Identifier: MIT
#include "lib/model/model.h"

#include "lib/model/attention_trace.h"

namespace limpid {

Result<Tensor<float, 2>> Model::enhance_exact(AudioView<const float>, int) const {
  return Error{ErrorCode::unsupported,
               "model " + spec().name + " has no published offline recipe to be exact to"};
}

Result<AttentionTrace> Model::trace_attention(AudioView<const float>) const {
  return Error{ErrorCode::unsupported,
               "model " + spec().name + " has no attention that could be shown"};
}

}  // namespace limpid
