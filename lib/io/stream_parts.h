// SPDX-License-Identifier: MIT
// Where the audio of a file lies when libsndfile alone would stop before its end: it reads only the
// first stream of an Ogg chain, and of MP3 as much as its header says, or as it guesses without
// one.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "limpid/result.h"

namespace limpid::io {

// A stretch of the file that libsndfile reads whole when `header` is put before it, or fails: its
// decoder gives up where more than a kilobyte of it is no MP3.
struct StreamPart {
  std::uint64_t begin, end;
  std::string header;
};

// Parts to be read one after another; none: libsndfile knows best. bad_format: the file is shorter
// than its MP3 header promises or without the end of an Ogg stream, or an MP3 goes on at another
// sample rate.
Result<std::vector<StreamPart>> stream_parts(const std::filesystem::path& path);

}  // namespace limpid::io
