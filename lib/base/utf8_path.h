// SPDX-License-Identifier: MIT
// The file that a text in UTF-8 names. A path made of a std::string is one in whatever encoding the
// system or its C++ library prefers, and on Windows not even the inverse of path::string().
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace limpid {

inline std::filesystem::path path_of(std::string_view utf8) {
  return std::filesystem::path(std::u8string(utf8.begin(), utf8.end()));
}

}  // namespace limpid
