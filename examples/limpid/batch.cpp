// SPDX-License-Identifier: MIT
#include "examples/limpid/batch.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <system_error>
#include <thread>

namespace limpid::cli {

std::vector<FileResult> run_batch(const std::vector<FileJob>& jobs, const FileTask& task,
                                  int threads, const BatchHooks& hooks,
                                  std::span<const std::size_t> order) {
  std::vector<FileResult> results(jobs.size());
  std::atomic<std::size_t> next{0};
  std::mutex one_at_a_time;
  const Advance advance = [&](double seconds) {
    hooks.advance(seconds);
    return !hooks.stop();
  };
  const auto work = [&] {
    for (std::size_t n = next++; n < jobs.size(); n = next++) {
      const std::size_t i = order.empty() ? n : order[n];
      if (hooks.stop()) {
        results[i].job = jobs[i];
        results[i].outcome = Outcome::cancelled;
        const std::lock_guard lock(one_at_a_time);
        hooks.dropped(results[i]);
        continue;
      }
      results[i] = task(jobs[i], advance);
      const std::lock_guard lock(one_at_a_time);
      hooks.finished(results[i]);
    }
  };
  const auto count =
      std::min<std::size_t>(static_cast<std::size_t>(std::max(threads, 1)), jobs.size());
  std::vector<std::jthread> others;
  others.reserve(count);
  try {
    for (std::size_t i = 1; i < count; ++i) others.emplace_back(work);
  } catch (const std::system_error&) {  // no more threads: those that there are do it all
  }
  work();
  others.clear();  // joins
  return results;
}

}  // namespace limpid::cli
