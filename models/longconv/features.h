// SPDX-License-Identifier: MIT
// What LongConv hears: four numbers a bin.
#pragma once

#include <complex>

#include "models/level_features.h"

namespace limpid::models {

inline constexpr int kFeatures = 4;

// features[bin] = {level beside the whole spectrum, level beside the bin's past, re, im}, where re
// and im are the spectrum compressed to |X|^(1/2) and then brought to unit level in every frame, so
// that nothing depends on how loud the input is. Bins from `band` to `bins` are silent.
void spectrum_features(LevelFeatures& levels, int lane, const std::complex<float>* column, int band,
                       int bins, float scale, float* features) LIMPID_REALTIME;

}  // namespace limpid::models
