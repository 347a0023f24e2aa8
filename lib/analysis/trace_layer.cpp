// SPDX-License-Identifier: MIT
#include "lib/analysis/trace_layer.h"

#include <cmath>

namespace limpid::analysis {

Result<AttentionLayerTrace> trace_layer(const nn::Attention& attention,
                                        const nn::AttentionInput& in, int lane, std::string name) {
  auto weights = attention.map(in, lane);
  if (!weights) return weights.error();
  const nn::AttentionConfig& config = attention.config();
  AttentionLayerTrace trace;
  trace.name = std::move(name);
  trace.normalised = attention.normalised();
  trace.causal = config.future == 0;
  trace.weights = std::move(*weights);
  const std::ptrdiff_t frames = in.v.extent(1);
  trace.value_norms = Tensor<float, 2>({config.heads, frames});
  for (int head = 0; head < config.heads; ++head)
    for (std::ptrdiff_t t = 0; t < frames; ++t) {
      const float* value = in.v[lane][t].data() + head / attention.group() * config.value_width;
      double power = 0;
      for (int c = 0; c < config.value_width; ++c) power += double{value[c]} * value[c];
      trace.value_norms.view()[head][t] = static_cast<float>(std::sqrt(power));
    }
  return trace;
}

}  // namespace limpid::analysis
