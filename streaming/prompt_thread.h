// SPDX-License-Identifier: MIT
// PromptThread: as long as it lives, the thread that made it runs before ordinary programs and
// wakes when it wanted to. Who has no right to that gets an ordinary thread.
#pragma once

#include <chrono>

namespace limpid::streaming {

class PromptThread {
 public:
  PromptThread() noexcept;
  ~PromptThread();
  PromptThread(const PromptThread&) = delete;
  PromptThread& operator=(const PromptThread&) = delete;

  void sleep(std::chrono::duration<double> seconds) noexcept;  // from the same thread

 private:
  [[maybe_unused]] void* timer_ = nullptr;  // where the system's sleep is too coarse
};

}  // namespace limpid::streaming
