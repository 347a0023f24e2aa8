// SPDX-License-Identifier: MIT
#include "lib/io/atomic_file.h"

#include <cerrno>
#include <random>
#include <string>
#include <system_error>
#include <utility>

#include "lib/io/system_error.h"

namespace limpid::io {
namespace {

constexpr std::size_t kLongestStem = 200;  // file systems stop at 255 bytes a name

// Its beginning, where it is long. File systems that know UTF-8 take no half of a character.
std::filesystem::path::string_type stem_of(const std::filesystem::path& path) {
  auto name = path.filename().native();
  if (name.size() <= kLongestStem) return name;
  std::size_t end = kLongestStem;
  while (end > 0 && (name[end] & 0xC0) == 0x80) --end;
  name.resize(end > 0 ? end : kLongestStem);
  return name;
}

// ".name.XXXXXX.part": hidden, and no two writers choose the same.
std::filesystem::path temporary_beside(const std::filesystem::path& path) {
  static constexpr char kLetters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
  std::random_device random;
  std::filesystem::path name(".");
  name += stem_of(path);
  std::string ending(".");
  for (int i = 0; i < 6; ++i) ending += kLetters[random() % (sizeof kLetters - 1)];
  return path.parent_path() / (name += ending + ".part");
}

}  // namespace

Result<AtomicFile> AtomicFile::create(const std::filesystem::path& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  // Of a name that is too long the shorter temporary one would say nothing until commit().
  if (status.type() == std::filesystem::file_type::none) return system_error("create", path, error);
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status))
    return Error{ErrorCode::invalid_argument,
                 "cannot write " + path.string() + ": it exists and is not a regular file"};
  for (int attempt = 0;; ++attempt) {
    auto temporary = temporary_beside(path);
    auto file = SystemFile::create(temporary);
    if (file.is_open()) return AtomicFile(std::move(file), path, std::move(temporary));
    if (errno != EEXIST || attempt == 100) return system_error("create", path, errno);
  }
}

AtomicFile::AtomicFile(SystemFile file, std::filesystem::path target,
                       std::filesystem::path temporary)
    : file_(std::move(file)), target_(std::move(target)), temporary_(std::move(temporary)) {}

AtomicFile::AtomicFile(AtomicFile&&) noexcept = default;

AtomicFile& AtomicFile::operator=(AtomicFile&& other) noexcept {
  if (this == &other) return *this;
  discard();
  file_ = std::move(other.file_);
  target_ = std::move(other.target_);
  temporary_ = std::move(other.temporary_);
  return *this;
}

AtomicFile::~AtomicFile() {
  discard();
}

void AtomicFile::discard() noexcept {
  if (!file_.is_open()) return;
  file_.close();
  std::error_code ignored;
  std::filesystem::remove(temporary_, ignored);
}

Status AtomicFile::write(std::span<const std::byte> bytes) {
  if (file_.write(bytes.data(), bytes.size()) == bytes.size()) return Done{};
  return system_error("write", target_, errno);
}

Status AtomicFile::commit() {
  if (!file_.is_open())
    return Error{ErrorCode::invalid_argument, target_.string() + " was committed before"};
  // Data first, name second: after a power cut the name never stands for an empty file.
  std::error_code error(file_.close_stored(), std::generic_category());
  if (!error) std::filesystem::rename(temporary_, target_, error);
  if (!error) return Done{};
  std::error_code ignored;
  std::filesystem::remove(temporary_, ignored);
  return system_error("write", target_, error);
}

}  // namespace limpid::io
