// SPDX-License-Identifier: MIT
// Runs jobs on several threads; one bad file does not stop the others.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "examples/limpid/file_job.h"

namespace limpid::cli {

struct BatchHooks {
  std::function<void(double seconds)> advance;      // [any thread] audio was read
  std::function<void(const FileResult&)> finished;  // one call at a time, in order of completion
  std::function<bool()> stop;                       // [any thread] true: finish nothing more
  std::function<void(const FileResult&)> dropped = [](const FileResult&) {};  // likewise; not begun
};

// What is done to one file; never throws.
using FileTask = std::function<FileResult(const FileJob&, const Advance&)>;

// Results in the order of `jobs`. Jobs that were not begun before stop() are cancelled and dropped.
// Where the system has fewer threads to give, fewer do it.
// `order`: in which they are begun, each once; empty: as they are.
std::vector<FileResult> run_batch(const std::vector<FileJob>& jobs, const FileTask& task,
                                  int threads, const BatchHooks& hooks,
                                  std::span<const std::size_t> order = {});

}  // namespace limpid::cli
