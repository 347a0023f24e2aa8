// SPDX-License-Identifier: MIT
// DeFTAN-II: several microphones in, the speech at the first of them out. Lee and Choi: "DeFTAN-II:
// efficient multichannel speech enhancement with subgroup processing", IEEE/ACM TASLP 32, 2024.
#pragma once

#include <memory>

#include "lib/io/weights.h"
#include "lib/model/model.h"

namespace limpid::models {

// Takes the network that the file's config describes. bad_format.
Result<std::shared_ptr<const Model>> make_deftan2(io::Weights weights);

}  // namespace limpid::models
