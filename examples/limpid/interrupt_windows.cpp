// SPDX-License-Identifier: MIT
// Ctrl-C and Ctrl-Break arrive as signals, on a thread of their own.
#include <atomic>
#include <csignal>

#include "examples/limpid/interrupt.h"

namespace limpid::cli {
namespace {

std::atomic<bool> flag{false};

extern "C" void on_signal(int) {
  flag.store(true);  // the next one ends the program: the system has put its own handler back
}

}  // namespace

void watch_interrupt() {
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
}

void watch_hangup() {
  std::signal(SIGBREAK, on_signal);  // also what a console says that closes
}

void end_input_when_interrupted(int) noexcept {}

bool interrupted() noexcept {
  return flag.load();
}

}  // namespace limpid::cli
