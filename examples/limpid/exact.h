// SPDX-License-Identifier: MIT
// Whole recordings by a model's published offline recipe.
#pragma once

#include "lib/model/model.h"

namespace limpid::cli {

// audio [channel][any number] at sample_rate Hz, as many channels as the model has inputs or, for
// models of one channel, any number, each enhanced on its own; at the model's rate. The result is
// as long as the input. unsupported: the model has no such recipe.
Result<Tensor<float, 2>> enhance_exactly(const Model& model, AudioView<const float> audio,
                                         int sample_rate, int threads);

}  // namespace limpid::cli
