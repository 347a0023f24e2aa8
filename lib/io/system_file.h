// SPDX-License-Identifier: MIT
// SystemFile: an open file as the operating system knows it, closed at the end of its life. What
// differs between systems is in system_file_posix.cpp and system_file_windows.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>

namespace limpid::io {

// Bytes are bytes, places are 64 bits wide, and programs that are started inherit nothing. Where
// something fails, errno says why. Reading and writing wait, also where another program has made a
// descriptor that it shares with this one non-blocking.
class SystemFile {
 public:
  // Not open where that failed. Does not wait for whoever writes into a FIFO: see is_regular().
  static SystemFile for_reading(const std::filesystem::path& path) noexcept;
  // For reading and writing; EEXIST where something has that name. The user's umask, or the folder,
  // decides who else may read it.
  static SystemFile create(const std::filesystem::path& path) noexcept;
  // What a descriptor stands for, 0 being standard input, under another number.
  static SystemFile duplicate(int descriptor) noexcept;

  SystemFile(SystemFile&& other) noexcept;
  SystemFile& operator=(SystemFile&& other) noexcept;
  ~SystemFile();

  bool is_open() const noexcept { return number_ >= 0; }
  int number() const noexcept { return number_; }  // the descriptor, which stays this one's
  bool is_regular() const noexcept;                // and no folder, device or pipe
  bool appends() const noexcept;                   // whatever its place, write() goes to the end
  // So that somebody else's read(), which does not wait like this one's, has data or an end. For
  // every program that shares what the descriptor stands for; shells do the same.
  void make_blocking() noexcept;
  // Whether this is a pipe that nobody writes into any more, where reading fails at its end.
  bool is_broken_pipe() const noexcept;
  std::int64_t size() const noexcept;  // bytes, or -1
  // As std::fseek; the new place, or -1.
  std::int64_t seek(std::int64_t offset, int whence) noexcept;

  // Bytes done: fewer than `count` only where the file ends, or something failed.
  std::size_t read(void* to, std::size_t count) noexcept;
  std::size_t write(const void* from, std::size_t count) noexcept;
  // Leaves the place of read() and write() where it is on POSIX; elsewhere it moves.
  std::size_t read_at(std::int64_t place, void* to, std::size_t count) noexcept;

  // Closed, at once, or when everything is on the disk: 0, or the errno of what failed first.
  void close() noexcept;
  int close_stored() noexcept;

 private:
  explicit SystemFile(int number) noexcept : number_(number) {}

  int number_;
};

}  // namespace limpid::io
