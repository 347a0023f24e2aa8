// SPDX-License-Identifier: MIT
#include "lib/io/atomic_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <random>
#include <string>
#include <system_error>
#include <utility>

#include "lib/io/system_error.h"

namespace limpid::io {
namespace {

constexpr std::size_t kLongestStem = 200;  // file systems stop at 255 bytes a name

// ".name.XXXXXX.part": hidden, and no two writers choose the same.
std::filesystem::path temporary_beside(const std::filesystem::path& path) {
  static constexpr char kLetters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
  std::random_device random;
  std::string name = path.filename().string().substr(0, kLongestStem);
  name.insert(name.begin(), '.');
  name += '.';
  for (int i = 0; i < 6; ++i) name += kLetters[random() % (sizeof kLetters - 1)];
  return path.parent_path() / (name + ".part");
}

}  // namespace

Result<AtomicFile> AtomicFile::create(const std::filesystem::path& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  // Of a name that is too long the shorter temporary one would say nothing until commit().
  if (status.type() == std::filesystem::file_type::none)
    return system_error("create", path, error.value());
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status))
    return Error{ErrorCode::invalid_argument,
                 "cannot write " + path.string() + ": it exists and is not a regular file"};
  for (int attempt = 0;; ++attempt) {
    auto temporary = temporary_beside(path);
    // 0666 and not mkstemp's 0600: the user's umask decides who may read the result.
    const int descriptor = ::open(temporary.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor >= 0) return AtomicFile(descriptor, path, std::move(temporary));
    if (errno != EEXIST || attempt == 100) return system_error("create", path, errno);
  }
}

AtomicFile::AtomicFile(int descriptor, std::filesystem::path target,
                       std::filesystem::path temporary)
    : descriptor_(descriptor), target_(std::move(target)), temporary_(std::move(temporary)) {}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      target_(std::move(other.target_)),
      temporary_(std::move(other.temporary_)) {}

AtomicFile& AtomicFile::operator=(AtomicFile&& other) noexcept {
  if (this == &other) return *this;
  discard();
  descriptor_ = std::exchange(other.descriptor_, -1);
  target_ = std::move(other.target_);
  temporary_ = std::move(other.temporary_);
  return *this;
}

AtomicFile::~AtomicFile() {
  discard();
}

void AtomicFile::discard() noexcept {
  if (descriptor_ < 0) return;
  ::close(std::exchange(descriptor_, -1));
  ::unlink(temporary_.c_str());
}

Status AtomicFile::write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return system_error("write", target_, errno);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return Done{};
}

Status AtomicFile::commit() {
  if (descriptor_ < 0)
    return Error{ErrorCode::invalid_argument, target_.string() + " was committed before"};
  // Data first, name second: after a power cut the name never stands for an empty file.
  int error = ::fsync(descriptor_) == 0 ? 0 : errno;
  if (::close(std::exchange(descriptor_, -1)) != 0 && error == 0) error = errno;
  if (error == 0 && std::rename(temporary_.c_str(), target_.c_str()) != 0) error = errno;
  if (error == 0) return Done{};
  ::unlink(temporary_.c_str());
  return system_error("write", target_, error);
}

}  // namespace limpid::io
