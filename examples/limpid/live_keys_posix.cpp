// SPDX-License-Identifier: MIT
#include "examples/limpid/live_keys.h"

#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <thread>

namespace limpid::cli {
namespace {

// A signal handler can reach nothing but globals.
termios as_it_was;
std::atomic<bool> changed = false;
constexpr std::array kSignals = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
std::array<struct sigaction, kSignals.size()> handlers_before;

void restore() noexcept {
  if (changed.exchange(false)) tcsetattr(STDIN_FILENO, TCSANOW, &as_it_was);
}

// Puts the terminal right, then lets happen what would have happened.
extern "C" void restore_and_go_on(int signal) {
  restore();
  for (std::size_t i = 0; i < kSignals.size(); ++i)
    if (kSignals[i] == signal) sigaction(signal, &handlers_before[i], nullptr);
  raise(signal);
}

}  // namespace

LiveKeys::LiveKeys() {
  if (isatty(STDIN_FILENO) != 1 || tcgetattr(STDIN_FILENO, &as_it_was) != 0) return;
  // A background job that changes the terminal would be stopped.
  if (tcgetpgrp(STDIN_FILENO) != getpgrp()) return;
  active_ = true;
  changed = true;
  struct sigaction action {};
  action.sa_handler = restore_and_go_on;
  for (std::size_t i = 0; i < kSignals.size(); ++i)
    sigaction(kSignals[i], &action, &handlers_before[i]);
  termios raw = as_it_was;
  raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
  raw.c_cc[VMIN] = 0;
  raw.c_cc[VTIME] = 0;
  raw.c_cc[VSUSP] = _POSIX_VDISABLE;  // stopped audio would come back as one long gap
  tcsetattr(STDIN_FILENO, TCSANOW, &raw);
}

LiveKeys::~LiveKeys() {
  if (!active_) return;
  restore();
  for (std::size_t i = 0; i < kSignals.size(); ++i)
    sigaction(kSignals[i], &handlers_before[i], nullptr);
}

char LiveKeys::next(std::chrono::milliseconds wait) {
  if (!active_) {
    std::this_thread::sleep_for(wait);
    return '\0';
  }
  pollfd input{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
  char key = '\0';
  if (poll(&input, 1, static_cast<int>(wait.count())) <= 0) return '\0';
  if (read(STDIN_FILENO, &key, 1) == 1) return key;
  active_ = false;  // the terminal is gone; do not ask again
  return '\0';
}

}  // namespace limpid::cli
