// SPDX-License-Identifier: MIT
// DelayLine: one channel, late by a fixed number of samples (0 is allowed).
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "lib/base/realtime.h"

namespace limpid::streaming {

class DelayLine {
 public:
  explicit DelayLine(int delay) : past_(static_cast<std::size_t>(delay)) {}

  // Equal lengths, any length; in and out may be the same memory.
  void process(std::span<const float> in, std::span<float> out) LIMPID_REALTIME {
    if (past_.empty()) {
      std::copy(in.begin(), in.end(), out.begin());
      return;
    }
    for (std::size_t done = 0; done < in.size();) {
      const std::size_t run = std::min(in.size() - done, past_.size() - next_);
      for (std::size_t i = 0; i < run; ++i) {
        const float sample = in[done + i];
        out[done + i] = past_[next_ + i];
        past_[next_ + i] = sample;
      }
      done += run;
      next_ = (next_ + run) % past_.size();
    }
  }

  void reset() LIMPID_REALTIME {
    std::fill(past_.begin(), past_.end(), 0.0f);
    next_ = 0;
  }

 private:
  std::vector<float> past_;
  std::size_t next_ = 0;
};

}  // namespace limpid::streaming
