// SPDX-License-Identifier: MIT
// trace_layer: how a model that is built on nn::Attention shows one of its layers.
#pragma once

#include <string>

#include "lib/model/attention_trace.h"
#include "lib/nn/attention.h"

namespace limpid::analysis {

// Lane `lane` of what attention.run() is given. out_of_memory.
Result<AttentionLayerTrace> trace_layer(const nn::Attention& attention,
                                        const nn::AttentionInput& in, int lane, std::string name);

}  // namespace limpid::analysis
