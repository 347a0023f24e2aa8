// SPDX-License-Identifier: MIT
// The published offline recipe of FRCRN 16 kHz: level normalisation, padding, one pass (or windows
// of one second beyond two minutes), level undone. ClearerVoice-Studio, decode of FRCRN_SE_16K.
#pragma once

#include <functional>

#include "lib/tensor/tensor.h"
#include "limpid/result.h"

namespace limpid::models {

// What runs the network, on any device: recordings of one length in, [recording][samples], each at
// least one window long; of each as many whole hops out.
using FrcrnPass = std::function<Result<Tensor<float, 2>>(AudioView<const float>)>;

// Recordings of one length at `rate`, [recording][samples], each by itself; as many samples out,
// the last few zero where the published code returns fewer. Memory grows with the length up to two
// minutes: see whole.h.
Result<Tensor<float, 2>> frcrn_exact(int rate, AudioView<const float> audio, const FrcrnPass& pass);

}  // namespace limpid::models
