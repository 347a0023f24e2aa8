// SPDX-License-Identifier: MIT
// LongConv: a causal enhancer of gated long convolutions over STFT frames. It remembers seconds
// with filters instead of recurrences, so training needs no loop over time, and what is older than
// the filters of all blocks together acts through nothing but the running means of the level
// features, which forget exponentially.
#pragma once

#include <memory>

#include "lib/io/weights.h"
#include "lib/model/model.h"

namespace limpid::models {

// Takes the network that the file's config describes. bad_format.
Result<std::shared_ptr<const Model>> make_longconv(io::Weights weights);

}  // namespace limpid::models
