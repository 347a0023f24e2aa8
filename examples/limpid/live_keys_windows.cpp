// SPDX-License-Identifier: MIT
// A console sends events; those of keys that go down and have a character count. Shells set the
// mode they want themselves, so a program that is ended from outside leaves nothing to be put
// right.
#include <windows.h>

#include <thread>

#include "examples/limpid/live_keys.h"

namespace limpid::cli {
namespace {

DWORD as_it_was;

HANDLE console() noexcept {
  return GetStdHandle(STD_INPUT_HANDLE);
}

}  // namespace

LiveKeys::LiveKeys() {
  if (GetConsoleMode(console(), &as_it_was) == 0) return;
  constexpr DWORD kLines = ENABLE_LINE_INPUT | ENABLE_ECHO_INPUT;
  active_ = SetConsoleMode(console(), as_it_was & ~kLines) != 0;
}

LiveKeys::~LiveKeys() {
  if (active_) SetConsoleMode(console(), as_it_was);
}

char LiveKeys::next(std::chrono::milliseconds wait) {
  if (!active_) {
    std::this_thread::sleep_for(wait);
    return '\0';
  }
  if (WaitForSingleObject(console(), static_cast<DWORD>(wait.count())) != WAIT_OBJECT_0)
    return '\0';
  INPUT_RECORD event{};
  DWORD count = 0;
  if (ReadConsoleInputA(console(), &event, 1, &count) == 0) {
    active_ = false;  // the console is gone; do not ask again
    return '\0';
  }
  const KEY_EVENT_RECORD& key = event.Event.KeyEvent;
  return event.EventType == KEY_EVENT && key.bKeyDown ? key.uChar.AsciiChar : '\0';
}

}  // namespace limpid::cli
