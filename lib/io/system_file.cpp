// SPDX-License-Identifier: MIT
// What is the same on every system.
#include "lib/io/system_file.h"

#include <utility>

namespace limpid::io {

SystemFile::SystemFile(SystemFile&& other) noexcept : number_(std::exchange(other.number_, -1)) {}

SystemFile& SystemFile::operator=(SystemFile&& other) noexcept {
  if (this == &other) return *this;
  close();
  number_ = std::exchange(other.number_, -1);
  return *this;
}

SystemFile::~SystemFile() {
  close();
}

}  // namespace limpid::io
