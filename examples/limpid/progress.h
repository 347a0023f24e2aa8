// SPDX-License-Identifier: MIT
// Progress of a batch on standard error: a bar with the time left on a terminal, and one line for
// every finished file everywhere.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <string>
#include <thread>

#include "examples/limpid/file_job.h"

namespace limpid::cli {

// How far a batch is. Seconds of audio, but for what has passed on the clock.
struct Standing {
  std::size_t finished = 0, files = 0;
  double seconds = 0, total = 0, elapsed = 0;
};

// "[####....]  50 %  1/2 files  2.5x real time  0:07 left" in fewer than `width` columns; without
// the bar where there is no room for it, and without speed in the first half second. With `utf8`
// the bar moves by eighths of a character.
std::string bar_of(const Standing& standing, int width, bool utf8);

class Progress {
 public:
  // bar: whether to draw one; quiet: no lines for files that went well without a notice.
  Progress(std::size_t files, double seconds, bool bar, bool quiet);
  ~Progress();  // stops drawing and clears the bar
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void advance(double seconds);             // [any thread] more audio was read
  void finished(const FileResult& result);  // [any thread]

 private:
  void draw_until_stopped();
  std::string bar() const;  // with the lock held

  std::mutex mutex_;
  std::condition_variable wake_;
  Standing standing_;  // but for the time, which passes
  double started_;     // on the steady clock
  bool draws_, quiet_, stop_ = false;
  std::thread artist_;
};

// "a.wav -> out/a.wav: 12.3 s in 0.20 s (62x real time), pauses 18.3 dB quieter" or what went
// wrong.
std::string describe(const FileResult& result);

}  // namespace limpid::cli
