// SPDX-License-Identifier: MIT
#include "examples/limpid/interrupt.h"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>

namespace limpid::cli {
namespace {

std::atomic<bool> flag{false};
std::atomic<int> input{-1}, nothing{-1};  // descriptors: what is read; what has no bytes
// or a signal handler may not touch them
static_assert(std::atomic<bool>::is_always_lock_free && std::atomic<int>::is_always_lock_free);

extern "C" void on_signal(int signal) {
  flag.store(true);
  const int error = errno;
  if (nothing.load() >= 0) dup2(nothing.load(), input.load());  // a read() begins again, and there
  errno = error;
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

void end_input_when_interrupted(int descriptor) noexcept {
  input.store(descriptor);
  nothing.store(open("/dev/null", O_RDONLY | O_CLOEXEC));
}

bool interrupted() noexcept {
  return flag.load();
}

}  // namespace limpid::cli
