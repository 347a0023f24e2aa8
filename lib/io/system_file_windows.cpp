// SPDX-License-Identifier: MIT
// The C run-time library's descriptors, which keep errno as POSIX has it, over wide names.
#include <fcntl.h>
#include <io.h>
#include <sys/stat.h>
#include <windows.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "lib/io/system_file.h"

namespace limpid::io {
namespace {

constexpr std::size_t kStep = std::size_t{1} << 30;  // counts of bytes are 32-bit numbers here

// Repeats `step(done, bytes)`, which gives a number of bytes or -1, until `count` are done.
template <class Step>
std::size_t in_steps(std::size_t count, Step step) noexcept {
  std::size_t done = 0;
  while (done < count) {
    const int got = step(done, static_cast<unsigned>(std::min(count - done, kStep)));
    if (got <= 0) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

bool is_folder(const std::filesystem::path& path) noexcept {
  const DWORD attributes = GetFileAttributesW(path.c_str());
  return attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_DIRECTORY) != 0;
}

}  // namespace

SystemFile SystemFile::for_reading(const std::filesystem::path& path) noexcept {
  SystemFile file(::_wopen(path.c_str(), _O_RDONLY | _O_BINARY | _O_NOINHERIT));
  if (!file.is_open() && errno == EACCES && is_folder(path)) errno = EISDIR;
  return file;
}

SystemFile SystemFile::create(const std::filesystem::path& path) noexcept {
  return SystemFile(::_wopen(path.c_str(), _O_RDWR | _O_CREAT | _O_EXCL | _O_BINARY | _O_NOINHERIT,
                             _S_IREAD | _S_IWRITE));
}

SystemFile SystemFile::duplicate(int descriptor) noexcept {
  SystemFile file(::_dup(descriptor));
  if (file.is_open()) ::_setmode(file.number_, _O_BINARY);
  return file;
}

void SystemFile::make_blocking() noexcept {}  // as all are here

// Only what the C run-time library opens can, and that is not what a shell hands over.
bool SystemFile::appends() const noexcept {
  return false;
}

bool SystemFile::is_broken_pipe() const noexcept {
  const auto handle = reinterpret_cast<HANDLE>(::_get_osfhandle(number_));
  return ::PeekNamedPipe(handle, nullptr, 0, nullptr, nullptr, nullptr) == 0 &&
         ::GetLastError() == ERROR_BROKEN_PIPE;
}

bool SystemFile::is_regular() const noexcept {
  struct _stati64 info {};
  return is_open() && ::_fstati64(number_, &info) == 0 && (info.st_mode & _S_IFMT) == _S_IFREG;
}

std::int64_t SystemFile::size() const noexcept {
  return ::_filelengthi64(number_);
}

std::int64_t SystemFile::seek(std::int64_t offset, int whence) noexcept {
  return ::_lseeki64(number_, offset, whence);
}

std::size_t SystemFile::read(void* to, std::size_t count) noexcept {
  return in_steps(count, [&](std::size_t done, unsigned bytes) {
    return ::_read(number_, static_cast<char*>(to) + done, bytes);
  });
}

std::size_t SystemFile::read_at(std::int64_t place, void* to, std::size_t count) noexcept {
  const auto handle = reinterpret_cast<HANDLE>(::_get_osfhandle(number_));
  return in_steps(count, [&](std::size_t done, unsigned bytes) {
    const std::uint64_t from = static_cast<std::uint64_t>(place) + done;
    OVERLAPPED where{};
    where.Offset = static_cast<DWORD>(from);
    where.OffsetHigh = static_cast<DWORD>(from >> 32);
    DWORD got = 0;
    return ::ReadFile(handle, static_cast<char*>(to) + done, bytes, &got, &where) != 0
               ? static_cast<int>(got)
               : -1;
  });
}

std::size_t SystemFile::write(const void* from, std::size_t count) noexcept {
  return in_steps(count, [&](std::size_t done, unsigned bytes) {
    return ::_write(number_, static_cast<const char*>(from) + done, bytes);
  });
}

void SystemFile::close() noexcept {
  if (number_ >= 0) ::_close(std::exchange(number_, -1));
}

int SystemFile::close_stored() noexcept {
  int error = ::_commit(number_) == 0 ? 0 : errno;
  if (::_close(std::exchange(number_, -1)) != 0 && error == 0) error = errno;
  return error;
}

}  // namespace limpid::io
