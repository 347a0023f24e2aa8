// SPDX-License-Identifier: MIT
// libsndfile's interleaved samples as planar ones. Internal to the audio_file layer.
#pragma once

#include <sndfile.h>

#include <vector>

#include "lib/tensor/tensor.h"

namespace limpid::io {

// Fills out[channel] through `block`, of [kBlockFrames][channels]: returns how many samples there
// were, fewer than wanted at the end. out.extent(1) <= kBlockFrames.
std::ptrdiff_t read_planar(SNDFILE* sound, std::vector<float>& block, AudioView<float> out);

}  // namespace limpid::io
