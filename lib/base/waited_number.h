// SPDX-License-Identifier: MIT
// WaitedNumber: a number that threads sleep on until it has changed.
#pragma once

#include <atomic>
#ifdef _WIN32
#include <condition_variable>
#include <mutex>
#endif

namespace limpid {

#ifdef _WIN32

// libstdc++'s std::atomic::wait (GCC 12) looks at the number before it takes the lock that guards
// its sleep, so a thread that is woken in between sleeps for ever.
class WaitedNumber {
 public:
  void set(unsigned number) noexcept {
    const std::lock_guard lock(mutex_);
    number_ = number;
  }
  unsigned load() noexcept { return add(0); }
  unsigned add(int step) noexcept {
    const std::lock_guard lock(mutex_);
    return number_ += static_cast<unsigned>(step);
  }
  void wake() noexcept { changed_.notify_all(); }
  void wait(unsigned seen) noexcept {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return number_ != seen; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  unsigned number_ = 0;
};

#else

class WaitedNumber {
 public:
  void set(unsigned number) noexcept { number_.store(number, std::memory_order_relaxed); }
  unsigned load() const noexcept { return number_.load(); }
  unsigned add(int step) noexcept {  // the new number
    return number_.fetch_add(static_cast<unsigned>(step)) + static_cast<unsigned>(step);
  }
  void wake() noexcept { number_.notify_all(); }
  void wait(unsigned seen) noexcept { number_.wait(seen); }  // until it is another, and wake()

 private:
  std::atomic<unsigned> number_{0};
};

#endif

}  // namespace limpid
