// SPDX-License-Identifier: MIT
// Both transforms as products with windowed sines, in the conventions of dsp::Analysis and
// dsp::Synthesis. Exact ones, whatever the network's are: quiet bins are heard beside loud ones.
#pragma once

#include "lib/dsp/stft.h"
#include "models/gpu/layers.h"

namespace limpid::models {

struct GpuTransforms {
  // [size samples] to [re, im][bin]; real_input.
  GpuProduct analysis;
  // The latest window / hop spectra, a segment each, the oldest first, to [hop samples];
  // real_output.
  GpuProduct synthesis;

  Status load(GpuLoader& loader, const dsp::StftSpec& stft) {
    return load(loader, stft, dsp::stft_windows(stft));
  }
  Status load(GpuLoader& loader, const dsp::StftSpec& stft, const dsp::StftWindows& windows);
};

}  // namespace limpid::models
