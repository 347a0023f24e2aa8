// SPDX-License-Identifier: MIT
// One pass of FRCRN over a whole recording, layer by layer: what squeeze-excitation over all frames
// needs, and what ends as the published network ends, with one frame of zeros at every level.
#pragma once

#include <span>

#include "lib/dsp/stft.h"
#include "lib/tensor/tensor.h"
#include "models/frcrn/network.h"

namespace limpid::models {

// Recordings at the network's rate, [recording][samples], at least one window long, one after the
// other. Returns whole frames only, hence up to hop - 1 samples fewer. Memory: every activation of
// one U-Net at a time, about 60 MB per second of audio for the published network.
Result<Tensor<float, 2>> frcrn_whole(const FrcrnNetwork& network, AudioView<const float> audio);

// The published synthesis divides by the overlap of the squared windows, also where only one window
// reaches: at both ends of a recording, which was made without.
void undo_edge_windows(std::span<float> audio, const dsp::StftSpec& stft);

}  // namespace limpid::models
