// SPDX-License-Identifier: MIT
// AttentionTrace: what a network with attention shows of one whole pass, for those who want to know
// where it looks. lib/analysis makes measures of it, `limpid attention` tables and pictures.
#pragma once

#include <string>
#include <vector>

#include "lib/tensor/tensor.h"

namespace limpid {

// One attention operation.
struct AttentionLayerTrace {
  std::string name;              // "decoder 3", "time 0": unique
  bool normalised = true;        // the weights of a query sum up to at most one; what is missing
                                 // went to a sink logit or to a key without a value
  bool causal = true;            // a query sees no later keys
  Tensor<float, 3> weights;      // [head][query][key], before any gate
  Tensor<float, 2> value_norms;  // [head][key], |v|
};

struct AttentionTrace {
  std::vector<AttentionLayerTrace> layers;

  // The residual stream [token][feature]: before the first layer, then after each. hidden.size() is
  // the number of blocks plus one, and need not match layers: a block may attend twice or never.
  std::vector<Tensor<float, 2>> hidden;

  // What each token of the residual stream is ("<audio>", "audio", "video", "text", "frame"), for
  // tables by kind; empty, or one per token. Equal tokens have equal labels.
  std::vector<std::string> labels;
};

}  // namespace limpid
