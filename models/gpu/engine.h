// SPDX-License-Identifier: MIT
// GpuEngine: a network on a GPU, from samples to samples, all lanes and frames of a call in each
// kernel. What GpuSession runs.
#pragma once

#include <cstddef>

#include "limpid/result.h"

namespace limpid::models {

class GpuEngine {
 public:
  // On the GPU, [channel][lane][samples], `pitch` floats from lane to lane.
  struct Audio {
    float* data = nullptr;
    std::ptrdiff_t pitch = 0;
    int channels = 1;
  };

  GpuEngine() = default;
  GpuEngine(const GpuEngine&) = delete;
  GpuEngine& operator=(const GpuEngine&) = delete;
  virtual ~GpuEngine() = default;

  // Where [frames * hop] samples go in and come out.
  virtual Audio input() const noexcept = 0;
  virtual Audio output() const noexcept = 0;
  // [frames] of voice activity; no data where the network tells none.
  virtual Audio voice() const noexcept { return {}; }

  // Enqueues a call of 1 .. max_frames frames, and, when its results have been fetched, what
  // prepares the next one.
  virtual Status run(int frames) const = 0;
  virtual Status shift_history(int frames) const = 0;
  // These lanes as a stream begins.
  virtual Status restart(int first, int count) const = 0;

  // Bytes of its memory that a call of max_frames leaves alone, on average.
  virtual std::size_t at_rest() const noexcept { return 0; }
};

}  // namespace limpid::models
