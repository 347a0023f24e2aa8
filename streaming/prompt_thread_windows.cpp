// SPDX-License-Identifier: MIT
// Sleep() wakes with the system's clock, every 15.6 ms, which is later than a hop: a timer of high
// resolution (Windows 10 1803 and newer) does not wait for that.
#include <windows.h>

#include <cmath>

#include "streaming/prompt_thread.h"

namespace limpid::streaming {
namespace {

constexpr DWORD kHighResolution = 0x2;  // CREATE_WAITABLE_TIMER_HIGH_RESOLUTION

HANDLE make_timer(DWORD how) noexcept {
  return CreateWaitableTimerExW(nullptr, nullptr, how, TIMER_MODIFY_STATE | SYNCHRONIZE);
}

}  // namespace

PromptThread::PromptThread() noexcept : timer_(make_timer(kHighResolution)) {
  if (timer_ == nullptr) timer_ = make_timer(0);
  SetThreadPriority(GetCurrentThread(), THREAD_PRIORITY_TIME_CRITICAL);
}

PromptThread::~PromptThread() {
  if (timer_ != nullptr) CloseHandle(timer_);
}

void PromptThread::sleep(std::chrono::duration<double> seconds) noexcept {
  LARGE_INTEGER due;  // negative: from now on, in steps of 100 ns
  due.QuadPart = -std::llround(seconds.count() * 1e7);
  if (timer_ != nullptr && SetWaitableTimer(timer_, &due, 0, nullptr, nullptr, FALSE) != 0)
    WaitForSingleObject(timer_, INFINITE);
  else
    Sleep(1);
}

}  // namespace limpid::streaming
