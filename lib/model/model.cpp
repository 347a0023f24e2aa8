// SPDX-License-Identifier: MIT
#include "lib/model/model.h"

namespace limpid {

Result<std::vector<float>> Model::enhance_exact(std::span<const float>) const {
  return Error{ErrorCode::unsupported,
               "model " + spec().name + " has no published offline recipe to be exact to"};
}

}  // namespace limpid
