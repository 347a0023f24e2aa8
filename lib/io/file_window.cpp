// SPDX-License-Identifier: MIT
#include "lib/io/file_window.h"

#include <algorithm>
#include <cstdio>
#include <cstring>

namespace limpid::io {
namespace {

extern "C" {

sf_count_t window_size(void* user) {
  return static_cast<FileWindow*>(user)->size();
}
sf_count_t window_seek(sf_count_t offset, int whence, void* user) {
  return static_cast<FileWindow*>(user)->seek(offset, whence);
}
sf_count_t window_read(void* to, sf_count_t count, void* user) {
  return static_cast<FileWindow*>(user)->read(to, count);
}
sf_count_t window_write(const void*, sf_count_t, void*) {
  return 0;
}
sf_count_t window_tell(void* user) {
  return static_cast<FileWindow*>(user)->tell();
}

}  // extern "C"

}  // namespace

FileWindow::FileWindow(const std::filesystem::path& path, const StreamPart& part)
    : file_(SystemFile::for_reading(path)), part_(part) {}

SNDFILE* FileWindow::open(SF_INFO& info) {
  SF_VIRTUAL_IO io{window_size, window_seek, window_read, window_write, window_tell};
  return sf_open_virtual(&io, SFM_READ, &info, this);
}

sf_count_t FileWindow::size() const noexcept {
  return std::ssize(part_.header) + static_cast<sf_count_t>(part_.end - part_.begin);
}

sf_count_t FileWindow::seek(sf_count_t offset, int whence) noexcept {
  const sf_count_t from = whence == SEEK_CUR ? position_ : whence == SEEK_END ? size() : 0;
  if (from + offset < 0) return -1;
  return position_ = from + offset;
}

sf_count_t FileWindow::read(void* to, sf_count_t count) noexcept {
  const sf_count_t header = std::ssize(part_.header);
  auto* next = static_cast<char*>(to);
  sf_count_t left = std::clamp<sf_count_t>(size() - position_, 0, count);
  const sf_count_t wanted = left;
  if (const auto copied = std::clamp<sf_count_t>(header - position_, 0, left); copied != 0) {
    std::memcpy(next, part_.header.data() + position_, static_cast<std::size_t>(copied));
    next += copied, position_ += copied, left -= copied;
  }
  const auto from = static_cast<std::int64_t>(part_.begin) + position_ - header;
  const auto got = static_cast<sf_count_t>(
      left > 0 ? file_.read_at(from, next, static_cast<std::size_t>(left)) : 0);
  position_ += got;
  return wanted - left + got;
}

}  // namespace limpid::io
