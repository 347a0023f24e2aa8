// SPDX-License-Identifier: MIT
// From a kind of attention to the weight that the kernels compute.
#pragma once

#include "lib/kernels/attention.h"
#include "lib/nn/attention.h"

namespace limpid::nn {

// That of the first pass, for lssar, which has two.
inline kernels::AttentionRule rule_of(const AttentionConfig& config) noexcept {
  using kernels::AttentionWeight;
  switch (config.kind) {
    case AttentionKind::softmax:
    case AttentionKind::softmax1:
    case AttentionKind::sink_logit:
    case AttentionKind::key_bias:
      return {AttentionWeight::exponential};
    case AttentionKind::sigmoid:
      return {AttentionWeight::sigmoid, config.bias};
    case AttentionKind::elu1:
      return {AttentionWeight::elu1, config.bias};
    case AttentionKind::lssa:
    case AttentionKind::lssar:
      return {AttentionWeight::softplus};
    case AttentionKind::linear_decay:
      return {AttentionWeight::linear};
  }
  return {};
}

}  // namespace limpid::nn
