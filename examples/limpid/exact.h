// SPDX-License-Identifier: MIT
// Whole recordings by a model's published offline recipe.
#pragma once

#include <vector>

#include "lib/model/model.h"

namespace limpid::cli {

// channels[c][any number], all of one length, at sample_rate Hz; each is enhanced on its own, at
// the model's rate. The result has the input's shape. unsupported: the model has no such recipe.
Result<Tensor<float, 2>> enhance_exactly(const Model& model,
                                         const std::vector<std::vector<float>>& channels,
                                         int sample_rate);

}  // namespace limpid::cli
