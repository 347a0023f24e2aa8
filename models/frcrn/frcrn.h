// SPDX-License-Identifier: MIT
// FRCRN: frequency recurrence in a complex U-Net. Zhao, Ma, Watcharasupat, Gan: "FRCRN: Boosting
// feature representation using frequency recurrence for monaural speech enhancement", ICASSP 2022.
#pragma once

#include <memory>

#include "lib/io/weights.h"
#include "lib/model/model.h"

namespace limpid::models {

// Takes the network that the file's config describes. bad_format.
Result<std::shared_ptr<const Model>> make_frcrn(io::Weights weights);

}  // namespace limpid::models
