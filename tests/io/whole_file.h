// SPDX-License-Identifier: MIT
// All bytes of a file at once.
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace limpid::test {

inline std::string slurp(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void spill(const std::filesystem::path& path, const std::string& bytes) {
  std::filesystem::remove(path);  // file systems wait for the disk when a file is overwritten
  std::ofstream(path, std::ios::binary).write(bytes.data(), std::ssize(bytes));
}

}  // namespace limpid::test
