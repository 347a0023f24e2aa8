// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "lib/io/system_file.h"

namespace limpid::io {
namespace {

// Whether what failed may be done again, after a signal or once a descriptor that does not block is
// ready for it.
bool again(int number, short event) noexcept {
  pollfd waiting{number, event, 0};
  if (errno == EAGAIN && ::poll(&waiting, 1, -1) >= 0) errno = EINTR;
  if (errno != EINTR) return false;
  errno = 0;  // it is no failure
  return true;
}

// Repeats `step(done)`, which gives a number of bytes or -1, until `count` are done.
template <class Step>
std::size_t in_steps(int number, short event, std::size_t count, Step step) noexcept {
  std::size_t done = 0;
  while (done < count) {
    const ssize_t got = step(done);
    if (got < 0 && again(number, event)) continue;
    if (got <= 0) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

}  // namespace

SystemFile SystemFile::for_reading(const std::filesystem::path& path) noexcept {
  return SystemFile(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
}

SystemFile SystemFile::create(const std::filesystem::path& path) noexcept {
  // 0666 and not mkstemp's 0600: the umask takes off what the user wants off.
  return SystemFile(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
}

SystemFile SystemFile::duplicate(int descriptor) noexcept {
  return SystemFile(::fcntl(descriptor, F_DUPFD_CLOEXEC, 0));
}

void SystemFile::make_blocking() noexcept {
  if (const int flags = ::fcntl(number_, F_GETFL); flags >= 0 && (flags & O_NONBLOCK) != 0)
    ::fcntl(number_, F_SETFL, flags & ~O_NONBLOCK);
}

bool SystemFile::appends() const noexcept {
  return (::fcntl(number_, F_GETFL) & O_APPEND) != 0;
}

// Here it gives no bytes, as other files.
bool SystemFile::is_broken_pipe() const noexcept {
  return false;
}

bool SystemFile::is_regular() const noexcept {
  struct stat info {};
  return ::fstat(number_, &info) == 0 && S_ISREG(info.st_mode);
}

std::int64_t SystemFile::size() const noexcept {
  struct stat info {};
  return ::fstat(number_, &info) == 0 ? info.st_size : -1;
}

std::int64_t SystemFile::seek(std::int64_t offset, int whence) noexcept {
  return ::lseek(number_, offset, whence);
}

std::size_t SystemFile::read(void* to, std::size_t count) noexcept {
  return in_steps(number_, POLLIN, count, [&](std::size_t done) {
    return ::read(number_, static_cast<char*>(to) + done, count - done);
  });
}

std::size_t SystemFile::read_at(std::int64_t place, void* to, std::size_t count) noexcept {
  return in_steps(number_, POLLIN, count, [&](std::size_t done) {
    return ::pread(number_, static_cast<char*>(to) + done, count - done,
                   place + static_cast<std::int64_t>(done));
  });
}

std::size_t SystemFile::write(const void* from, std::size_t count) noexcept {
  return in_steps(number_, POLLOUT, count, [&](std::size_t done) {
    return ::write(number_, static_cast<const char*>(from) + done, count - done);
  });
}

void SystemFile::close() noexcept {
  if (number_ >= 0) ::close(std::exchange(number_, -1));
}

int SystemFile::close_stored() noexcept {
  int error = ::fsync(number_) == 0 ? 0 : errno;
  if (::close(std::exchange(number_, -1)) != 0 && error == 0) error = errno;
  return error;
}

}  // namespace limpid::io
