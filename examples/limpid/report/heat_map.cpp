// SPDX-License-Identifier: MIT
#include "examples/limpid/report/heat_map.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "examples/limpid/report/colour_map.h"
#include "examples/limpid/report/markup.h"

namespace limpid::cli {
namespace {

constexpr int kColours = 64;
constexpr double kLeft = 34, kTop = 6, kRight = 6, kBottom = 22;

struct Pixels {
  std::vector<std::uint8_t> values;
  int width = 0, height = 0;
};

Pixels draw(const HeatMap& map, int most) {
  const std::ptrdiff_t rows = map.values.extent(0), columns = map.values.extent(1);
  Pixels p;
  p.width = static_cast<int>(std::clamp<std::ptrdiff_t>(columns, 1, most));
  p.height = static_cast<int>(std::clamp<std::ptrdiff_t>(rows, 1, most));
  std::vector<float> largest(static_cast<std::size_t>(p.width * p.height), map.low);
  for (std::ptrdiff_t r = 0; r < rows; ++r)
    for (std::ptrdiff_t c = 0; c < columns; ++c) {
      float& here =
          largest[static_cast<std::size_t>(r * p.height / rows * p.width + c * p.width / columns)];
      here = std::max(here, map.values[r][c]);
    }
  const float span = map.high > map.low ? map.high - map.low : 1;
  for (const float value : largest) {
    const float height = std::clamp((value - map.low) / span, 0.0f, 1.0f);
    p.values.push_back(static_cast<std::uint8_t>(std::lround(height * (kColours - 1))));
  }
  return p;
}

std::string text(double x, double y, const char* anchor, const std::string& content) {
  return fmt::format("<text x='{:.1f}' y='{:.1f}' text-anchor='{}'>{}</text>", x, y, anchor,
                     escaped(content));
}

}  // namespace

std::string heat_map(const HeatMap& map, int most) {
  const Pixels p = draw(map, most);
  const std::string png = encode_png(p.values, p.width, colour_map(kColours));
  const double right = kLeft + map.width, bottom = kTop + map.height;
  const auto last = [](std::ptrdiff_t count) {
    return std::to_string(std::max<std::ptrdiff_t>(count, 1) - 1);
  };
  return fmt::format("<svg viewBox='0 0 {} {}' role='img' aria-label='{} by {}'>", right + kRight,
                     bottom + kBottom, escaped(map.rows), escaped(map.columns)) +
         fmt::format(
             "<image x='{}' y='{}' width='{}' height='{}' preserveAspectRatio='none' "
             "style='image-rendering:pixelated' href='{}'/>",
             kLeft, kTop, map.width, map.height, data_uri("image/png", png)) +
         text(kLeft - 5, kTop + 9, "end", "0") +
         text(kLeft - 5, bottom, "end", last(map.values.extent(0))) +
         fmt::format(
             "<text transform='translate({} {}) rotate(-90)' text-anchor='middle'>{}</text>",
             kLeft - 8, kTop + map.height / 2, escaped(map.rows)) +
         text(kLeft, bottom + 14, "start", "0") +
         text(right, bottom + 14, "end", last(map.values.extent(1))) +
         text(kLeft + map.width / 2, bottom + 14, "middle", map.columns) + "</svg>";
}

std::string heat_scale(const std::string& low, const std::string& high) {
  std::string stops;
  constexpr int kStops = 16;
  for (const Colour& c : colour_map(kStops))
    stops += fmt::format(",#{:02x}{:02x}{:02x}", c.red, c.green, c.blue);
  return fmt::format(
      "<span class='scale'>{}<i style='background:linear-gradient(90deg{})'></i>{}"
      "</span>",
      escaped(low), stops, escaped(high));
}

}  // namespace limpid::cli
