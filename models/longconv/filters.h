// SPDX-License-Identifier: MIT
// Implicit filters: a small network of the time since gives their shape, an exponential window of
// their own makes them decay (Poli et al., "Hyena hierarchy", 2023, section 3.3). Made into taps
// once, when a model is loaded.
#pragma once

#include <string>
#include <vector>

#include "lib/io/weights.h"
#include "models/longconv/config.h"

namespace limpid::models {

// Reads <prefix>.{first,second}.{weight,bias} and <prefix>.log_decay; [tap][channel], tap 0 being
// that of the present frame. bad_format: a tensor is missing or has another shape, or a tap that
// would not be finite.
Result<std::vector<float>> load_implicit_filters(io::Weights& weights, const std::string& prefix,
                                                 const LongConvConfig& config);

}  // namespace limpid::models
