// SPDX-License-Identifier: MIT
// The impulse response of `limpid convolve` as taps at a recording's rate.
#pragma once

#include "lib/io/audio_file.h"

namespace limpid::cli {

struct Taps {
  Tensor<float, 2> taps;  // [filter][tap]
  // Resampling rings before and after what it resamples. So many taps come before time 0 and as
  // many after the response's end; none where the rates are the same.
  std::ptrdiff_t ringing = 0;
};

// At `rate` Hz, times `gain`. A response is a density in time: at another rate its samples are
// closer or further apart, and smaller or larger. Errors as Resampler; may throw bad_alloc.
Result<Taps> taps_at(const io::Audio& response, int rate, float gain);

}  // namespace limpid::cli
