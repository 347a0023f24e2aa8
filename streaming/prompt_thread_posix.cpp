// SPDX-License-Identifier: MIT
#include <pthread.h>
#include <sched.h>

#include <thread>

#include "streaming/prompt_thread.h"

namespace limpid::streaming {

PromptThread::PromptThread() noexcept {
  sched_param lowest{};
  lowest.sched_priority = sched_get_priority_min(SCHED_RR);
  pthread_setschedparam(pthread_self(), SCHED_RR, &lowest);
}

PromptThread::~PromptThread() = default;

void PromptThread::sleep(std::chrono::duration<double> seconds) noexcept {
  std::this_thread::sleep_for(seconds);
}

}  // namespace limpid::streaming
