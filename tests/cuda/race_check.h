// SPDX-License-Identifier: MIT
// Where tests are compiled for ThreadSanitizer, it looks for races in emulated kernels: each thread
// of a block is a fiber of its own, which runs what a GPU's thread runs (block_steps.h), and what
// it writes must not be touched by another one before both have waited for each other, nor by
// another block at all. Blocks that are checked are the first two and the last two of a kernel.
// (Lanes of a warp that work together, warp.h, are one thread here.)
#pragma once

#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include "lib/kernels/cuda/tiled_program.h"

#if defined(__SANITIZE_THREAD__)
#include <sanitizer/tsan_interface.h>
#include <sys/mman.h>
#include <ucontext.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <numeric>
#endif

namespace limpid::kernels::cuda {

// Shared memory, of which nothing was written.
inline std::vector<Four> unwritten(int floats) {
  return std::vector<Four>((static_cast<std::size_t>(floats) + 3) / 4, Four{{NAN, NAN, NAN, NAN}});
}

#if defined(__SANITIZE_THREAD__)

constexpr bool is_raced(std::int64_t block, std::int64_t blocks) {
  return block < 2 || block >= blocks - 2;
}

// Fibers of two blocks at a time, which take turns: one of them runs until it waits.
class Racers {
 public:
  using Body = std::function<void(int thread, std::int64_t block)>;

  static Racers& of_this_thread() {
    thread_local Racers racers;
    return racers;
  }

  Racers() = default;
  Racers(const Racers&) = delete;
  Racers& operator=(const Racers&) = delete;
  ~Racers() {
    for (Fiber& fiber : fibers_) {
      __tsan_destroy_fiber(fiber.known);
      munmap(fiber.context.uc_stack.ss_sp, kStack);
    }
  }

  // body() of all threads of the blocks that are checked.
  void run(int threads, std::int64_t blocks, const Body& body, std::mt19937& random) {
    starting_.store(this, kRelaxed);
    while (fibers_.size() < static_cast<std::size_t>(2 * threads)) begin(fibers_.emplace_back());
    threads_ = threads;
    blocks_ = blocks;
    body_ = &body;
    __tsan_release(&begin_);
    std::vector<int> active(static_cast<std::size_t>(2 * threads));
    std::iota(active.begin(), active.end(), 0);
    for (const int i : active) fibers_[static_cast<std::size_t>(i)].done.store(false, kRelaxed);
    while (!active.empty()) {
      std::shuffle(active.begin(), active.end(), random);
      for (const int i : active) resume(i);
      std::erase_if(
          active, [&](int i) { return fibers_[static_cast<std::size_t>(i)].done.load(kRelaxed); });
    }
    __tsan_acquire(&end_);
  }

  // Of the fiber that calls it, for all threads of its block: nobody is resumed before everybody
  // else came here.
  void wait() {
    Fiber& mine = *current_.load(kRelaxed);
    std::uint64_t* const met =
        &met_[static_cast<std::size_t>(mine.index < threads_ ? 0 : 2) + mine.odd];
    mine.odd ^= 1u;  // those who go on have not met again
    __tsan_release(met);
    yield(mine);
    __tsan_acquire(met);
  }

 private:
  static constexpr auto kRelaxed = std::memory_order_relaxed;
  static constexpr std::size_t kStack = std::size_t{1} << 18;
  static constexpr unsigned kNoSync = __tsan_switch_to_fiber_no_sync;

  struct Fiber {
    ucontext_t context;
    void* known = nullptr;  // to ThreadSanitizer
    int index = 0;
    unsigned odd = 0;
    std::atomic<bool> done = true;
  };

  void begin(Fiber& fiber) {
    fiber.index = static_cast<int>(fibers_.size()) - 1;
    fiber.known = __tsan_create_fiber(0);
    getcontext(&fiber.context);
    fiber.context.uc_stack.ss_sp =
        mmap(nullptr, kStack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    fiber.context.uc_stack.ss_size = kStack;
    makecontext(&fiber.context, &Racers::live, 0);
  }
  void resume(int i) {
    Fiber& fiber = fibers_[static_cast<std::size_t>(i)];
    current_.store(&fiber, kRelaxed);
    __tsan_switch_to_fiber(fiber.known, kNoSync);
    swapcontext(&context_, &fiber.context);
  }
  void yield(Fiber& fiber) {
    __tsan_switch_to_fiber(main_, kNoSync);
    swapcontext(&fiber.context, &context_);
  }
  static void live() {
    Racers& racers = *starting_.load(kRelaxed);
    for (;;) racers.live_once();
  }
  void live_once() {
    Fiber& mine = *current_.load(kRelaxed);
    __tsan_acquire(&begin_);
    mine.odd = 0;  // with those it meets now, which are not always the same
    const int set = mine.index < threads_ ? 0 : 1, thread = mine.index - set * threads_;
    int nth = 0;  // of the blocks that are checked, every second one
    for (std::int64_t block = 0; block < blocks_; ++block)
      if (is_raced(block, blocks_) && nth++ % 2 == set) (*body_)(thread, block);
    mine.done.store(true, kRelaxed);
    __tsan_release(&end_);
    yield(mine);
  }

  std::deque<Fiber> fibers_;
  std::atomic<Fiber*> current_ = nullptr;
  ucontext_t context_;
  void* const main_ = __tsan_get_current_fiber();
  int threads_ = 0;
  std::int64_t blocks_ = 0;
  const Body* body_ = nullptr;
  char begin_ = 0, end_ = 0;
  std::array<std::uint64_t, 4> met_{};  // of either block, by turns
  static inline thread_local std::atomic<Racers*> starting_ = nullptr;
};

// body(thread, block, memory, wait) of the blocks that are checked, each of which has shared memory
// of so many floats.
template <class Body>
void race(int threads, std::int64_t blocks, int floats, std::mt19937& random, Body body) {
  std::map<std::int64_t, std::vector<Four>> memory;
  for (std::int64_t block = 0; block < blocks; ++block)
    if (is_raced(block, blocks)) memory.emplace(block, unwritten(floats));
  Racers& racers = Racers::of_this_thread();
  racers.run(
      threads, blocks,
      [&](int thread, std::int64_t block) {
        body(thread, block, reinterpret_cast<float*>(memory.at(block).data()),
             [&] { racers.wait(); });
      },
      random);
}

#else

constexpr bool is_raced(std::int64_t, std::int64_t) {
  return false;
}
template <class Body>
void race(int, std::int64_t, int, std::mt19937&, Body) {}

#endif

}  // namespace limpid::kernels::cuda
