// SPDX-License-Identifier: MIT
// The published offline recipe of FRCRN 16 kHz: level normalisation, padding, one pass (or windows
// of one second beyond two minutes), level undone. ClearerVoice-Studio, decode of FRCRN_SE_16K.
#pragma once

#include <span>
#include <vector>

#include "models/frcrn/mask_network.h"

namespace limpid::models {

// One channel at the network's rate; as many samples out, the last few zero where the published
// code returns fewer. Memory grows with the length up to two minutes: see whole.h.
Result<std::vector<float>> frcrn_exact(const MaskNetwork& network, std::span<const float> audio);

}  // namespace limpid::models
