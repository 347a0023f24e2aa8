// SPDX-License-Identifier: MIT
#include "lib/io/file_bytes.h"

#include <algorithm>

namespace limpid::io {

FileBytes::FileBytes(const std::filesystem::path& path) : file_(path, std::ios::binary) {
  file_.seekg(0, std::ios::end);
  if (file_) size_ = static_cast<std::uint64_t>(file_.tellg());
}

std::string_view FileBytes::at(std::uint64_t position, std::size_t count) {
  constexpr std::uint64_t kBlock = 65'536;
  if (position >= size_) return {};
  count = static_cast<std::size_t>(std::min<std::uint64_t>(count, size_ - position));
  if (position < begin_ || position + count > begin_ + block_.size()) {
    block_.resize(static_cast<std::size_t>(std::min(kBlock, size_ - position)));
    begin_ = position;
    file_.clear();
    file_.seekg(static_cast<std::streamoff>(position));
    file_.read(block_.data(), std::ssize(block_));
    block_.resize(static_cast<std::size_t>(file_.gcount()));
  }
  return std::string_view(block_).substr(static_cast<std::size_t>(position - begin_), count);
}

}  // namespace limpid::io
