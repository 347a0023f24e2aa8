// SPDX-License-Identifier: MIT
// One side of a comparison, before or after, as SVG: waveform above spectrogram, with axes.
#pragma once

#include <string>
#include <string_view>

#include "examples/limpid/report/portrait.h"

namespace limpid::cli {

std::string figure(const Portrait& portrait, std::string_view title);

}  // namespace limpid::cli
