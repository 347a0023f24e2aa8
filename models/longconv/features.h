// SPDX-License-Identifier: MIT
// What LongConv hears: three numbers a bin.
#pragma once

#include <complex>

#include "lib/base/realtime.h"

namespace limpid::models {

inline constexpr int kFeatures = 3;

// features[bin] = {log magnitude, re, im}, where re and im are the spectrum compressed to
// |X|^(1/2) and then brought to unit level in every frame, so that what a frame looks like does not
// depend on how loud it is; how loud it is, the logarithm says. Bins from `band` to `bins` are
// silent.
void spectrum_features(const std::complex<float>* column, int band, int bins, float scale,
                       float* features) LIMPID_REALTIME;

}  // namespace limpid::models
