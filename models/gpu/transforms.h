// SPDX-License-Identifier: MIT
// Both transforms as products with windowed sines, in the conventions of dsp::Analysis and
// dsp::Synthesis. Exact ones, whatever the network's are: quiet bins are heard beside loud ones.
#pragma once

#include "lib/dsp/stft.h"
#include "models/gpu/layers.h"

namespace limpid::models {

struct GpuTransforms {
  // [window samples] to [re, im][bin]; real_input.
  GpuProduct analysis;
  // The latest window / hop spectra, a segment each, the oldest first, to [hop samples];
  // real_output.
  GpuProduct synthesis;

  Status load(GpuLoader& loader, const dsp::StftSpec& stft) {
    return load(loader, stft, dsp::sqrt_hann(stft.window));
  }
  // With another window in front of both, [window samples]; the inverse is the least-squares one.
  Status load(GpuLoader& loader, const dsp::StftSpec& stft, std::span<const float> shape);
};

}  // namespace limpid::models
