// SPDX-License-Identifier: MIT
// What happens to the weighted sum of a head's values at the end: a factor, and the gate.
#pragma once

#include <cmath>

#include "lib/kernels/elementwise.h"
#include "lib/nn/attention.h"

namespace limpid::nn {

struct HeadOutput {
  int lane, frame, head;
};

// values *= factor * gate. scratch: value_width floats.
inline void scale_output(const AttentionConfig& config, TensorView<const float, 3> gate,
                         const HeadOutput& at, float factor, std::span<float> scratch,
                         float* values) noexcept {
  const int width = config.value_width;
  if (config.gate == AttentionGate::head) factor /= 1 + std::exp(-gate[at.lane][at.frame][at.head]);
  if (config.gate == AttentionGate::element) {
    kernels::sigmoid(gate[at.lane][at.frame].data() + at.head * width, width, scratch.data());
    kernels::multiply(values, scratch.data(), width, values);
  }
  if (factor == 1) return;
  for (int c = 0; c < width; ++c) values[c] *= factor;
}

}  // namespace limpid::nn
