// SPDX-License-Identifier: MIT
// Crew: a few threads that share the pieces of one job. For whole recordings, which may wait; no
// stream uses it.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace limpid {

class Crew {
 public:
  // `threads` workers, of which the caller of each() is number 0. Throws std::system_error.
  explicit Crew(int threads) {
    try {
      for (int worker = 1; worker < threads; ++worker)
        threads_.emplace_back([this, worker] { wait_and_work(worker); });
    } catch (...) {
      dismiss();
      throw;
    }
  }
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;
  ~Crew() { dismiss(); }

  int size() const noexcept { return static_cast<int>(threads_.size()) + 1; }

  // body(worker, piece) for every piece of [0, count), each once, in no particular order; returns
  // when all are done. body must not throw. One job at a time.
  void each(int count, const std::function<void(int worker, int piece)>& body) {
    next_.store(0);
    count_ = count;
    body_ = &body;
    if (!threads_.empty()) {
      const std::lock_guard lock(mutex_);
      ++job_;
      busy_ = static_cast<int>(threads_.size());
      wake_.notify_all();
    }
    work(0);
    std::unique_lock lock(mutex_);
    done_.wait(lock, [this] { return busy_ == 0; });
  }

 private:
  void work(int worker) {
    for (int piece = next_++; piece < count_; piece = next_++) (*body_)(worker, piece);
  }

  void wait_and_work(int worker) {
    for (int seen = 0;;) {
      {
        std::unique_lock lock(mutex_);
        wake_.wait(lock, [&] { return job_ != seen; });
        seen = job_;
        if (leaving_) return;
      }
      work(worker);
      const std::lock_guard lock(mutex_);
      if (--busy_ == 0) done_.notify_one();
    }
  }

  void dismiss() {
    {
      const std::lock_guard lock(mutex_);
      leaving_ = true;
      ++job_;
      wake_.notify_all();
    }
    for (std::thread& thread : threads_) thread.join();
  }

  std::mutex mutex_;
  std::condition_variable wake_, done_;
  int job_ = 0, busy_ = 0;  // guarded by mutex_
  bool leaving_ = false;    // guarded by mutex_
  std::atomic<int> next_ = 0;
  int count_ = 0;
  const std::function<void(int, int)>* body_ = nullptr;
  std::vector<std::thread> threads_;
};

}  // namespace limpid
