// SPDX-License-Identifier: MIT
// ThreadTeam: one piece of work on several threads at once, the caller's among them. The others
// sleep in between. For whole recordings, which may wait; no stream uses it.
#pragma once

#include <atomic>
#include <thread>
#include <type_traits>
#include <vector>

#include "lib/base/waited_number.h"

namespace limpid {

class ThreadTeam {
 public:
  // Throws std::system_error when the system has no more threads, std::bad_alloc.
  explicit ThreadTeam(int threads) {
    helpers_.reserve(static_cast<std::size_t>(threads - 1));
    try {
      for (int i = 1; i < threads; ++i) helpers_.emplace_back([this, i] { help(i); });
    } catch (...) {
      end();
      throw;
    }
  }
  ~ThreadTeam() { end(); }
  ThreadTeam(const ThreadTeam&) = delete;
  ThreadTeam& operator=(const ThreadTeam&) = delete;

  int size() const noexcept { return static_cast<int>(helpers_.size()) + 1; }

  // body(0) .. body(size() - 1), each on its own thread; body must not throw. One call at a time.
  template <class Body>
  void run(Body&& body) noexcept {
    job_ = [](void* context, int index) {
      (*static_cast<std::remove_reference_t<Body>*>(context))(index);
    };
    context_ = &body;
    busy_.set(static_cast<unsigned>(size() - 1));
    start();
    body(0);
    for (unsigned left = busy_.load(); left > 0; left = busy_.load()) busy_.wait(left);
  }

  // body(thread, piece) for every piece of [0, count), each once, in no particular order; returns
  // when all are done. As with run().
  template <class Body>
  void each(int count, Body&& body) noexcept {
    std::atomic<int> next{0};
    run([&](int thread) {
      for (int piece = next++; piece < count; piece = next++) body(thread, piece);
    });
  }

 private:
  void start() noexcept {
    round_.add(1);
    round_.wake();
  }
  // Without a job they stop. Not std::jthread, which libc++ has had since version 20 only.
  void end() noexcept {
    job_ = nullptr;
    start();
    for (auto& helper : helpers_) helper.join();
  }
  void help(int index) noexcept {
    for (unsigned seen = 0;; ++seen) {
      round_.wait(seen);
      if (job_ == nullptr) return;
      job_(context_, index);
      if (busy_.add(-1) == 0) busy_.wake();
    }
  }

  void (*job_)(void*, int) = nullptr;
  void* context_ = nullptr;
  WaitedNumber round_, busy_;
  std::vector<std::thread> helpers_;
};

}  // namespace limpid
