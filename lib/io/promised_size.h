// SPDX-License-Identifier: MIT
// Where the samples of a file should end according to its header. libsndfile quietly shortens the
// length of a truncated WAV, AIFF, CAF, AU, RF64 or W64 to what is there; this finds the lie.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace limpid::io {

// Sizes of 32 bits that writers who cannot go back to their header leave in it, low to high: the
// largest one, signed or not, or nearly so (sox: less its header). Of AIFF sox has a size of its
// own.
struct Sizes {
  std::int64_t low, high;
};
inline constexpr Sizes kPlaceholders[] = {{0x7FFFFF00, 0x80000000}, {0xFFFFFF00, 0xFFFFFFFF}};
inline constexpr std::int64_t kSoxAiff = 0x7F000000;

// Bytes from the start of the file. Nothing for other formats, and for headers that were written
// before the length was known (recordings through a pipe).
std::optional<std::uint64_t> promised_size(const std::filesystem::path& path);

// Bytes behind that end which are no other chunk of the file, 0 for other formats. Where the header
// promises no samples, they are those of a recorder that could not close its file.
std::uint64_t bytes_behind(const std::filesystem::path& path);

}  // namespace limpid::io
