// SPDX-License-Identifier: MIT
// GpuMaskMaker: what a network does inside a GpuMaskEngine, as a MaskMaker (models/mask_maker.h)
// does it on the CPU. Spectra in, masks out.
#pragma once

#include "models/gpu/memory.h"

namespace limpid::models {

// The frames of a call, of every microphone. The first `band` bins times `scale` are those of the
// network; what it has above them is silent.
struct GpuSpectra {
  kernels::cuda::ArraySpectra all;  // [bin]
  int band;
  float scale;
};

// The state of all lanes. What it remembers between calls lies in the engine's GpuMemory.
class GpuMaskMaker {
 public:
  GpuMaskMaker() = default;
  GpuMaskMaker(const GpuMaskMaker&) = delete;
  GpuMaskMaker& operator=(const GpuMaskMaker&) = delete;
  virtual ~GpuMaskMaker() = default;

  // Enqueues the network on the next 1 .. max_frames frames. Its masks may trail them, by
  // MaskTraits::lookahead.
  virtual Status run(const GpuSpectra& input, int frames) const = 0;

  // Of the latest run.
  virtual kernels::cuda::Mask mask(int frames) const = 0;
  // Which of those masks belong to the stream.
  virtual kernels::cuda::Alive alive() const { return {nullptr, 0, 0, 0}; }
  // Probabilities of speech, [lane][frame], beginning with that of the first mask; without data
  // where the network tells none.
  virtual const GpuTimeline& voice() const = 0;

  // Enqueues what prepares the next run and GpuMemory::shift_history() does not.
  virtual Status shift_history(int) const { return Done{}; }
};

}  // namespace limpid::models
