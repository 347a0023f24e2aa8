// SPDX-License-Identifier: MIT
// Colours for levels: equal steps look equally far apart, also in grey and to colour-blind eyes.
#pragma once

#include <vector>

#include "examples/limpid/report/png.h"

namespace limpid::cli {

// From near black over violet and red to pale yellow; 2..256 colours.
std::vector<Colour> colour_map(int colours);

}  // namespace limpid::cli
