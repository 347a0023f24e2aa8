// SPDX-License-Identifier: MIT
// A recogniser where a Model is expected: it can be listed and looked at (trace_attention, from
// audio alone), and says what it is when somebody wants it to enhance.
#pragma once

#include <memory>

#include "lib/io/weights.h"
#include "lib/model/model.h"

namespace limpid::models {

// Takes the network that the file's config describes. bad_format.
Result<std::shared_ptr<const Model>> make_avsr(io::Weights weights);

}  // namespace limpid::models
