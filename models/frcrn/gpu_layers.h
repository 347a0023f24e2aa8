// SPDX-License-Identifier: MIT
// Layers of FRCRN with their weights on a GPU.
#pragma once

#include "lib/nn/complex_fsmn.h"
#include "lib/nn/complex_norm.h"
#include "lib/nn/squeeze_excitation.h"
#include "models/gpu/layers.h"

namespace limpid::models {

struct GpuFsmn {
  GpuProduct linear, project_f, project_g;
  const float* taps = nullptr;
  int channels = 0, order = 0;
  // What lies between its kernels, F's and G's values of every row: as numbers of an arithmetic of
  // 16 bits, two in a word; exact: as floats.
  Arithmetic stored = Arithmetic::exact;

  int words() const noexcept { return stored == Arithmetic::exact ? 2 * channels : channels; }
};

struct GpuGate {
  nn::Pooling pooling = nn::Pooling::none;
  GpuProduct first, second_r, second_i;
  const float* frozen = nullptr;  // [re, im][channel]
  int channels = 0, hidden = 0, horizon = 0;
  float* state = nullptr;  // of the running mean: see RunningMeanArgs
};

// Brings them there.
class GpuFrcrnLoader : public GpuLoader {
 public:
  using GpuLoader::GpuLoader;

  // `both`: [A | B], real and imaginary weights side by side.
  Status convolution(const kernels::PackedMatrix& both, const nn::ComplexNorm& norm,
                     GpuProduct& product);
  Status fsmn(const nn::ComplexFsmn& layer, GpuFsmn& fsmn);
  Status gate(const nn::SqueezeExcitation& layer, GpuGate& gate);
};

}  // namespace limpid::models
