// SPDX-License-Identifier: MIT
#include <windows.h>

#include <cerrno>
#include <cstdlib>

#include "examples/limpid/terminal.h"

namespace limpid::cli {
namespace {

HANDLE console() noexcept {
  return GetStdHandle(STD_ERROR_HANDLE);
}

bool is_console(DWORD standard) noexcept {
  DWORD mode = 0;
  return GetConsoleMode(GetStdHandle(standard), &mode) != 0;
}

UINT code_page_before = 0;

}  // namespace

// Consoles outlive programs, so what was set is set back.
void prepare_terminal() noexcept {
  code_page_before = GetConsoleOutputCP();
  if (code_page_before != 0 && SetConsoleOutputCP(CP_UTF8) != 0)
    std::atexit([] { SetConsoleOutputCP(code_page_before); });
  DWORD mode = 0;  // escape sequences are understood only when asked for
  if (GetConsoleMode(console(), &mode) != 0)
    SetConsoleMode(console(), mode | ENABLE_VIRTUAL_TERMINAL_PROCESSING);
}

bool stderr_is_terminal() noexcept {
  return is_console(STD_ERROR_HANDLE);
}

bool stdin_is_terminal() noexcept {
  return is_console(STD_INPUT_HANDLE);
}

bool stdout_is_terminal() noexcept {
  return is_console(STD_OUTPUT_HANDLE);
}

int terminal_width() noexcept {
  CONSOLE_SCREEN_BUFFER_INFO info{};
  if (GetConsoleScreenBufferInfo(console(), &info) == 0) return 80;
  return info.srWindow.Right - info.srWindow.Left + 1;
}

bool reader_is_gone(int error) noexcept {
  return error == EPIPE || error == EINVAL;  // the C library's name for ERROR_NO_DATA
}

bool terminal_is_utf8() noexcept {
  return GetConsoleOutputCP() == CP_UTF8;
}

}  // namespace limpid::cli
