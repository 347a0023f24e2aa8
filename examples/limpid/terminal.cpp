// SPDX-License-Identifier: MIT
#include "examples/limpid/terminal.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <sstream>

namespace limpid::cli {
namespace {

constexpr std::size_t kTextWidth = 80;

std::atomic<int> lost = 0;  // errno

unsigned char byte_at(std::string_view text, std::size_t at) {
  return at < text.size() ? static_cast<unsigned char>(text[at]) : 0;
}

// Bytes of the UTF-8 sequence that begins there, 0 where none does.
std::size_t sequence_bytes(std::string_view text, std::size_t at) {
  const unsigned char byte = byte_at(text, at);
  const std::size_t bytes = byte < 0x80                  ? 1
                            : byte < 0xC2 || byte > 0xF4 ? 0
                            : byte < 0xE0                ? 2
                            : byte < 0xF0                ? 3
                                                         : 4;
  for (std::size_t i = 1; i < bytes; ++i)
    if ((byte_at(text, at + i) & 0xC0) != 0x80) return 0;
  return bytes;
}

// C0, DEL, and C1, as UTF-8 has it and as a byte of its own, which is what terminals of 8 bits
// obey.
bool is_control(std::string_view text, std::size_t at, std::size_t bytes) {
  const unsigned char byte = byte_at(text, at), code = bytes == 2 ? byte_at(text, at + 1) : byte;
  if (bytes == 1) return byte < 0x20 || byte == 0x7F;
  return (bytes == 0 || (bytes == 2 && byte == 0xC2)) && code >= 0x80 && code < 0xA0;
}

}  // namespace

bool terminal_has_colour() noexcept {
  const char* refused = std::getenv("NO_COLOR");
  return stderr_is_terminal() && (refused == nullptr || *refused == '\0');
}

void put(std::FILE* to, std::string_view text) noexcept {
  const bool taken = std::fwrite(text.data(), 1, text.size(), to) == text.size();
  if (taken && std::fflush(to) == 0) return;
  if (to == stdout && !reader_is_gone(errno) && lost == 0) lost = errno;
}

int lost_output() noexcept {
  return lost;
}

std::string printable(std::string_view text) {
  std::string result;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t bytes = sequence_bytes(text, at), taken = std::max<std::size_t>(bytes, 1);
    result += is_control(text, at, bytes) ? "?" : text.substr(at, taken);
    at += taken;
  }
  return result;
}

void complain(std::string_view message) {
  const char* name = terminal_has_colour() ? "\x1b[31mlimpid:\x1b[0m" : "limpid:";
  put(stderr, fmt::format("{} {}\n", name, printable(message)));
}

std::string clock_time(double seconds) {
  const auto total = static_cast<long>(std::lround(std::max(seconds, 0.0)));
  if (total >= 3600)
    return fmt::format("{}:{:02}:{:02}", total / 3600, total / 60 % 60, total % 60);
  return fmt::format("{}:{:02}", total / 60, total % 60);
}

std::string short_seconds(double seconds) {
  if (seconds >= 60) return clock_time(seconds);
  return seconds < 9.95 ? fmt::format("{:.2f} s", seconds) : fmt::format("{:.1f} s", seconds);
}

int display_width(std::string_view utf8) noexcept {
  return static_cast<int>(std::count_if(utf8.begin(), utf8.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;  // not a continuation byte
  }));
}

std::string columns_of(std::string_view utf8, int width) {
  const int have = display_width(utf8);
  if (have <= width) return std::string(utf8);
  if (width < 1) return "";
  const int head = (width - 1) / 2, tail = width - 1 - head;
  std::string result;
  int column = -1;
  bool cut = false;
  for (const char c : utf8) {
    if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) ++column;
    if (column < head || column >= have - tail) {
      result += c;
    } else if (!cut) {
      result += "…";
      cut = true;
    }
  }
  return result;
}

std::string wrapped(const std::string& text, std::size_t indent, std::size_t column) {
  std::string result;
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    word = printable(word);
    if (column > indent && column + 1 + word.size() > kTextWidth) {
      result += '\n' + std::string(indent, ' ');
      column = indent;
    } else if (column > indent) {
      result += ' ';
      ++column;
    }
    result += word;
    column += word.size();
  }
  return result + '\n';
}

}  // namespace limpid::cli
