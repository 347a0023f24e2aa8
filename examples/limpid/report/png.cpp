// SPDX-License-Identifier: MIT
// https://www.w3.org/TR/png: signature, then chunks of length, type, data and checksum.
#include "examples/limpid/report/png.h"

#include <zlib.h>

#include <string_view>

namespace limpid::cli {
namespace {

void append_big_endian(std::string& bytes, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift & 0xFF);
}

void append_chunk(std::string& png, std::string_view type, const std::string& data) {
  append_big_endian(png, static_cast<std::uint32_t>(data.size()));
  const std::size_t begin = png.size();
  png += type;
  png += data;
  const auto checked = static_cast<uInt>(png.size() - begin);
  append_big_endian(png, static_cast<std::uint32_t>(crc32(
                             0, reinterpret_cast<const Bytef*>(png.data() + begin), checked)));
}

std::string deflated(const std::string& raw) {
  uLongf size = compressBound(static_cast<uLong>(raw.size()));
  std::string packed(size, '\0');
  compress2(reinterpret_cast<Bytef*>(packed.data()), &size,
            reinterpret_cast<const Bytef*>(raw.data()), static_cast<uLong>(raw.size()), 9);
  packed.resize(size);
  return packed;
}

}  // namespace

std::string encode_png(std::span<const std::uint8_t> pixels, int width,
                       std::span<const Colour> palette) {
  const auto columns = static_cast<std::size_t>(width), rows = pixels.size() / columns;
  std::string header;
  append_big_endian(header, static_cast<std::uint32_t>(columns));
  append_big_endian(header, static_cast<std::uint32_t>(rows));
  header += std::string({8, 3, 0, 0, 0});  // 8 bits a pixel, palette, deflate, filters, progressive

  std::string colours;
  for (const Colour& colour : palette)
    for (const std::uint8_t part : {colour.red, colour.green, colour.blue})
      colours += static_cast<char>(part);

  std::string raw;  // every row begins with its filter: 0, none
  for (std::size_t row = 0; row < rows; ++row) {
    raw += '\0';
    raw.append(reinterpret_cast<const char*>(pixels.data()) + row * columns, columns);
  }
  std::string png = "\x89PNG\r\n\x1a\n";
  append_chunk(png, "IHDR", header);
  append_chunk(png, "PLTE", colours);
  append_chunk(png, "IDAT", deflated(raw));
  append_chunk(png, "IEND", "");
  return png;
}

}  // namespace limpid::cli
