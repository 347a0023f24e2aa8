// SPDX-License-Identifier: MIT
// One pass of FRCRN over a whole recording, layer by layer: what squeeze-excitation over all frames
// needs, and what ends as the published network ends, with one frame of zeros at every level.
#pragma once

#include <span>
#include <vector>

#include "models/frcrn/mask_network.h"

namespace limpid::models {

// One channel at the network's rate, at least one window long. Returns whole frames only, hence up
// to hop - 1 samples fewer. Memory: every activation of one U-Net at a time, about 60 MB per second
// of audio for the published network.
Result<std::vector<float>> frcrn_whole(const MaskNetwork& network, std::span<const float> audio);

}  // namespace limpid::models
