// SPDX-License-Identifier: MIT
// Part of a file as libsndfile sees it: a header from memory, then bytes of the file.
#pragma once

#include <sndfile.h>

#include <filesystem>

#include "lib/io/stream_parts.h"
#include "lib/io/system_file.h"

namespace limpid::io {

class FileWindow {
 public:
  FileWindow(const std::filesystem::path& path, const StreamPart& part);
  FileWindow(const FileWindow&) = delete;
  FileWindow& operator=(const FileWindow&) = delete;

  SNDFILE* open(SF_INFO& info);  // as sf_open() does; this object must live longer

  sf_count_t size() const noexcept;
  sf_count_t seek(sf_count_t offset, int whence) noexcept;
  sf_count_t read(void* to, sf_count_t count) noexcept;
  sf_count_t tell() const noexcept { return position_; }

 private:
  SystemFile file_;
  StreamPart part_;
  sf_count_t position_ = 0;
};

}  // namespace limpid::io
