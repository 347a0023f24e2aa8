// SPDX-License-Identifier: MIT
// Voice activity from the middle of the network: the probability that a frame contains speech, by
// one linear layer and a sigmoid on what the recurrence along time remembers, averaged over its
// frequencies.
#pragma once

#include <vector>

#include "lib/io/weights.h"
#include "lib/nn/activation.h"

namespace limpid::models {

class VoiceHead {
 public:
  // Reads voice.weight [1, 2 channels], real parts first, and voice.bias [1]. bad_format.
  static Result<VoiceHead> load(io::Weights& weights, int channels);

  // One probability for each frame of `lane`.
  void run(nn::ConstActivation x, int lane, float* probability) const LIMPID_REALTIME;

  const std::vector<float>& weight() const noexcept { return weight_; }
  float bias() const noexcept { return bias_; }

 private:
  std::vector<float> weight_;  // [re, im][channel]
  float bias_ = 0.0f;
};

}  // namespace limpid::models
