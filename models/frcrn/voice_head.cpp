// SPDX-License-Identifier: MIT
#include "models/frcrn/voice_head.h"

#include "lib/kernels/elementwise.h"

namespace limpid::models {

Result<VoiceHead> VoiceHead::load(io::Weights& weights, int channels) {
  const auto weight = weights.find("voice.weight", {1, 2 * channels});
  if (!weight) return weight.error();
  const auto bias = weights.find("voice.bias", {1});
  if (!bias) return bias.error();
  VoiceHead head;
  head.weight_.assign(weight->begin(), weight->end());
  head.bias_ = (*bias)[0];
  return head;
}

void VoiceHead::run(nn::ConstActivation x, int lane, float* probability) const LIMPID_REALTIME {
  for (int frame = 0; frame < x.frames; ++frame) {
    float sum = 0.0f;
    for (int part = 0; part < 2; ++part) {
      const float* weight = weight_.data() + part * x.channels;
      for (int row = 0; row < x.rows; ++row) {
        const float* values = x.at(part * x.lanes + lane, frame, row);
        for (int c = 0; c < x.channels; ++c) sum += weight[c] * values[c];
      }
    }
    probability[frame] = sum / static_cast<float>(x.rows) + bias_;
  }
  kernels::sigmoid(probability, x.frames, probability);
}

}  // namespace limpid::models
