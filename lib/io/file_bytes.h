// SPDX-License-Identifier: MIT
// Bytes of a file at any place, read in blocks: what a walk along the headers of a stream needs.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace limpid::io {

class FileBytes {
 public:
  explicit FileBytes(const std::filesystem::path& path);

  std::uint64_t size() const noexcept { return size_; }  // 0: it cannot be read

  // `count` <= 64 KB bytes, fewer at the end of the file; until the next call.
  std::string_view at(std::uint64_t position, std::size_t count);

 private:
  std::ifstream file_;
  std::uint64_t size_ = 0, begin_ = 0;
  std::string block_;
};

}  // namespace limpid::io
