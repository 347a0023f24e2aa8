// SPDX-License-Identifier: MIT
// The loss that keeps intermediate tokens from becoming sinks: the squared cosine between each
// token and the first one, in every layer but the first and the last (Anand et al., "Mitigating
// attention sinks and massive activations in audio-visual speech recognition with LLMs", 2026,
// section 3).
#pragma once

#include <span>

#include "lib/tensor/tensor.h"
#include "limpid/result.h"

namespace limpid::analysis {

struct DecorrelationConfig {
  double weight = 1;              // lambda; 1e4 in the paper's fine-tuning, 0.1 .. 10 from scratch
  bool gradient_to_first = true;  // false: the first token counts as a constant
};

// `hidden`: the residual stream [batch][token][feature] before the first block, then after each of
// L blocks; elements 0 and L do not count. lengths[b]: tokens of sequence b that count, the first
// one included; the rest (the transcript, padding) is masked. With m = sum_b (lengths[b] - 1),
//   loss = weight / (L - 1) / m * sum_{l = 1 .. L-1} sum_b sum_{0 < j < lengths[b]} cos(h_b0,
//   h_bj)^2.
// gradient: empty, or one tensor for each of `hidden`, of its shape; the gradient is added to it.
// Returns the loss; 0 where nothing counts. invalid_argument: shapes or lengths that do not fit.
template <class T>
Result<double> decorrelation_loss(std::span<const TensorView<const T, 3>> hidden,
                                  std::span<const int> lengths, const DecorrelationConfig& config,
                                  std::span<const TensorView<T, 3>> gradient = {});

extern template Result<double> decorrelation_loss<float>(
    std::span<const TensorView<const float, 3>>, std::span<const int>, const DecorrelationConfig&,
    std::span<const TensorView<float, 3>>);
extern template Result<double> decorrelation_loss<double>(
    std::span<const TensorView<const double, 3>>, std::span<const int>, const DecorrelationConfig&,
    std::span<const TensorView<double, 3>>);

}  // namespace limpid::analysis
