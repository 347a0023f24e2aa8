// SPDX-License-Identifier: MIT
// PNG files with a palette: all that a spectrogram needs.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace limpid::cli {

struct Colour {
  std::uint8_t red = 0, green = 0, blue = 0;
};

// pixels[row * width + column], top row first; every pixel an index into the palette of 1..256
// colours. width * height = pixels.size() > 0.
std::string encode_png(std::span<const std::uint8_t> pixels, int width,
                       std::span<const Colour> palette);

}  // namespace limpid::cli
