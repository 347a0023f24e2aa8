// SPDX-License-Identifier: MIT
#include "lib/nn/attention_on_device.h"

#include "lib/nn/attention_rule.h"

namespace limpid::nn {

Result<kernels::cuda::AttentionForwardArgs> forward_args(const Attention& attention) {
  using kernels::cuda::AttentionGating;
  using kernels::cuda::AttentionSink;
  const AttentionConfig& c = attention.config();
  if (c.sinks > 0)
    return Error{ErrorCode::unsupported, "attention on a GPU has no StreamingLLM sinks"};
  const kernels::AttentionRule rule = rule_of(c);
  kernels::cuda::AttentionForwardArgs args;
  args.past = c.past;
  args.future = c.future;
  args.heads = c.heads;
  args.kv_heads = c.kv_heads;
  args.width = c.width;
  args.value_width = c.value_width;
  args.weight = c.kind == AttentionKind::lssar ? kernels::AttentionWeight::power : rule.weight;
  if (c.kind == AttentionKind::softmax1 || c.kind == AttentionKind::sink_logit)
    args.sink = AttentionSink::logit;
  if (c.kind == AttentionKind::key_bias) args.sink = AttentionSink::key;
  if (c.gate == AttentionGate::head) args.gating = AttentionGating::head;
  if (c.gate == AttentionGate::element) args.gating = AttentionGating::element;
  args.normalised = attention.normalised();
  args.directions = c.kind == AttentionKind::lssa || c.kind == AttentionKind::lssar;
  args.scale = c.scale;
  args.bias = rule.bias;
  args.exponent = c.exponent;
  return args;
}

}  // namespace limpid::nn
