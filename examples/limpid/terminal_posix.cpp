// SPDX-License-Identifier: MIT
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "examples/limpid/terminal.h"

namespace limpid::cli {

void prepare_terminal() noexcept {}

bool stderr_is_terminal() noexcept {
  return isatty(STDERR_FILENO) == 1;
}

bool stdin_is_terminal() noexcept {
  return isatty(STDIN_FILENO) == 1;
}

bool stdout_is_terminal() noexcept {
  return isatty(STDOUT_FILENO) == 1;
}

int terminal_width() noexcept {
  winsize size{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return size.ws_col;
}

bool reader_is_gone(int error) noexcept {
  return error == EPIPE || error == ECONNRESET;
}

bool terminal_is_utf8() noexcept {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const char* value = std::getenv(name);
    if (value == nullptr || *value == '\0') continue;
    const std::string_view text(value);
    return text.find("UTF-8") != text.npos || text.find("utf8") != text.npos;
  }
  return false;
}

}  // namespace limpid::cli
