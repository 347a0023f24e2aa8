// SPDX-License-Identifier: MIT
// The published offline recipe of DeFTAN-II: level, padding, transform, network, and back.
#pragma once

#include <vector>

#include "lib/tensor/tensor.h"
#include "models/deftan2/network.h"

namespace limpid::models {

// [microphone][sample] at the network's rate, at least one sample; as many samples of the first
// microphone out. Divides by one standard deviation of all samples and multiplies by it again, so
// that levels do not matter; digital silence, of which the published code makes NaN, stays silence.
// Rows of the feature map are shared out among `threads`; the result does not depend on how many.
// Memory: one feature map, 4.1 MB for each second at the published widths, and less for the rest.
// Throws std::bad_alloc, std::system_error (no thread).
Result<std::vector<float>> deftan2_whole(const Deftan2Network& network,
                                         AudioView<const float> audio, int threads);

}  // namespace limpid::models
