// SPDX-License-Identifier: MIT
// A matrix as a picture: one colour an element, darker to brighter from `low` to `high`; where it
// is larger than the picture, the largest element of each part shows, so that no thin line gets
// lost.
#pragma once

#include <string>

#include "lib/tensor/tensor.h"

namespace limpid::cli {

struct HeatMap {
  TensorView<const float, 2> values;  // [row][column], row 0 at the top
  float low = 0, high = 1;
  std::string rows, columns;         // what the axes count: "query", "key"
  double width = 240, height = 240;  // of the picture, in units of the drawing
};

// SVG with axes; 1..most rows and columns of the matrix are one picture element each.
std::string heat_map(const HeatMap& map, int most = 256);

// Colours from `low` to `high` with the words at their ends.
std::string heat_scale(const std::string& low, const std::string& high);

}  // namespace limpid::cli
