// SPDX-License-Identifier: MIT
// What the recogniser hears and sees. Both are taken over a whole utterance: the level and the tilt
// of the recording are removed, so they carry no information.
#pragma once

#include <span>

#include "lib/dsp/stft.h"
#include "lib/tensor/tensor.h"

namespace limpid::models::avsr {

// Log powers of `bands` triangles on the mel scale 2595 log10(1 + f / 700) from 80 Hz to 0.4875 of
// the sample rate, [frame][band], one frame a hop; frame t ends with sample (t + 1) hop. An
// incomplete last hop is dropped. invalid_argument: a window that the transform cannot do.
Result<Tensor<float, 2>> log_mel(std::span<const float> audio, int sample_rate,
                                 const dsp::StftSpec& spec, int bands);

inline constexpr int kSyntheticLipSize = 4;

// Stands in for a camera where there is none: the energy of *clean* speech in four bands, averaged
// over `lip_frames` hops and smoothed over three video frames, [video frame][4]. What lips show is
// related to it and is not this; it serves experiments only.
Result<Tensor<float, 2>> synthetic_lips(std::span<const float> clean, int sample_rate,
                                        const dsp::StftSpec& spec, int lip_frames);

}  // namespace limpid::models::avsr
