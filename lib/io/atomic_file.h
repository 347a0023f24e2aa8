// SPDX-License-Identifier: MIT
// AtomicFile: bytes go to a hidden file in the target's folder and take its name at commit(), so
// that no reader ever sees half a file.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>

#include "lib/io/system_file.h"
#include "limpid/result.h"

namespace limpid::io {

class AtomicFile {
 public:
  // io, not_found: the folder cannot be written. io: the name is too long. invalid_argument: `path`
  // exists and is no regular file: renaming onto a folder cannot work, onto /dev/null must not.
  static Result<AtomicFile> create(const std::filesystem::path& path);
  AtomicFile(AtomicFile&& other) noexcept;
  AtomicFile& operator=(AtomicFile&& other) noexcept;
  ~AtomicFile();  // without commit() nothing stays behind

  SystemFile& file() noexcept { return file_; }  // open for reading and writing
  const std::filesystem::path& target() const noexcept { return target_; }

  Status write(std::span<const std::byte> bytes);  // all of them, at the current position
  Status commit();                                 // stored, closed, renamed. Once.

 private:
  AtomicFile(SystemFile file, std::filesystem::path target, std::filesystem::path temporary);
  void discard() noexcept;

  SystemFile file_;
  std::filesystem::path target_, temporary_;
};

}  // namespace limpid::io
