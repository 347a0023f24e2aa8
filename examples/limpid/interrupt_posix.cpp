// SPDX-License-Identifier: MIT
#include "examples/limpid/interrupt.h"

#include <atomic>
#include <csignal>

namespace limpid::cli {
namespace {

std::atomic<bool> flag{false};
static_assert(std::atomic<bool>::is_always_lock_free);  // or a signal handler may not touch it

extern "C" void on_signal(int signal) {
  flag.store(true);
  if (signal != SIGHUP) std::signal(signal, SIG_DFL);  // a window that closes may say so twice
}

}  // namespace

void watch_interrupt() {
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
  std::signal(SIGPIPE, SIG_IGN);
}

void watch_hangup() {
  if (std::signal(SIGHUP, on_signal) == SIG_IGN) std::signal(SIGHUP, SIG_IGN);
}

bool interrupted() noexcept {
  return flag.load();
}

}  // namespace limpid::cli
