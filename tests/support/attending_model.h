// SPDX-License-Identifier: MIT
// AttendingModel: a small causal transformer with random weights that shows its attention, for
// tests of everything that looks at traces. What is special about its first token is planted.
#pragma once

#include <memory>

#include "lib/model/attention_trace.h"
#include "lib/model/model.h"
#include "lib/nn/attention.h"

namespace limpid::test {

struct AttendingConfig {
  nn::AttentionKind kind = nn::AttentionKind::softmax;
  int blocks = 4, heads = 4, head_width = 8, kv_heads = 2;
  bool sink = true;     // queries and the first key share a direction; the first value is small
  bool massive = true;  // features 3 and 9 of the first token are huge after blocks 2 .. blocks - 1
};

// At 16 kHz, one channel. Tokens: "<start>", then a "frame" every 20 ms.
std::shared_ptr<const Model> attending_model(const AttendingConfig& config = {});

}  // namespace limpid::test
