// SPDX-License-Identifier: MIT
// Which input channel is the unprocessed counterpart of an output channel.
#pragma once

#include <algorithm>

#include "lib/model/model.h"

namespace limpid::streaming {

// Lane by lane: the input of the same number, the last one where the model has fewer inputs.
inline int dry_source(const ModelSpec& spec, int output) noexcept {
  const int lane = output / spec.output_channels;
  return lane * spec.input_channels +
         std::min(output % spec.output_channels, spec.input_channels - 1);
}

}  // namespace limpid::streaming
