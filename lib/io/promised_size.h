// SPDX-License-Identifier: MIT
// Where the samples of a file should end according to its header. libsndfile quietly shortens the
// length of a truncated WAV, AIFF, CAF, AU, RF64 or W64 to what is there; this finds the lie.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace limpid::io {

// Bytes from the start of the file. Nothing for other formats, and for headers that were written
// before the length was known (recordings through a pipe).
std::optional<std::uint64_t> promised_size(const std::filesystem::path& path);

// Bytes behind that end which are no other chunk of the file, 0 for other formats. Where the header
// promises no samples, they are those of a recorder that could not close its file.
std::uint64_t bytes_behind(const std::filesystem::path& path);

}  // namespace limpid::io
