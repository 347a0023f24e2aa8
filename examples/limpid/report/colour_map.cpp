// SPDX-License-Identifier: MIT
// A path through Oklab (Ottosson, https://bottosson.github.io/posts/oklab): lightness rises evenly
// while the hue turns from violet to yellow.
#include "examples/limpid/report/colour_map.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace limpid::cli {
namespace {

std::uint8_t display(double linear) {
  const double x = std::clamp(linear, 0.0, 1.0);
  const double value = x <= 0.0031308 ? 12.92 * x : 1.055 * std::pow(x, 1 / 2.4) - 0.055;
  return static_cast<std::uint8_t>(std::lround(255 * value));
}

Colour from_oklab(double lightness, double a, double b) {
  const auto cube = [](double x) { return x * x * x; };
  const double l = cube(lightness + 0.3963377774 * a + 0.2158037573 * b);
  const double m = cube(lightness - 0.1055613458 * a - 0.0638541728 * b);
  const double s = cube(lightness - 0.0894841775 * a - 1.2914855480 * b);
  return {display(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
          display(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
          display(-0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s)};
}

}  // namespace

std::vector<Colour> colour_map(int colours) {
  std::vector<Colour> map;
  for (int i = 0; i < colours; ++i) {
    const double x = static_cast<double>(i) / (colours - 1);
    const double lightness = 0.10 + 0.87 * x;
    const double chroma = 0.02 + 0.17 * std::sin(std::numbers::pi * std::pow(x, 0.9));
    const double hue = (285 + 175 * x) * std::numbers::pi / 180;  // 285: violet, 460 = 100: yellow
    map.push_back(from_oklab(lightness, chroma * std::cos(hue), chroma * std::sin(hue)));
  }
  return map;
}

}  // namespace limpid::cli
