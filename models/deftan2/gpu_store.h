// SPDX-License-Identifier: MIT
// How activations lie in a GPU's memory: as floats, or as words of two numbers of 16 bits
// (lib/kernels/cuda/strip_tiles.h). nn::Activations of the latter count words for channels.
#pragma once

#include "lib/kernels/cuda/strip_tiles.h"
#include "models/deftan2/config.h"

namespace limpid::models {

class GpuStore {
 public:
  using Numbers = Arithmetic;

  GpuStore() = default;  // floats
  // As numbers of the arithmetic of products, where those have 16 bits and kernels fit the layers.
  GpuStore(const Deftan2Config& config, Numbers arithmetic) noexcept {
    const bool small = arithmetic == Numbers::fp16 || arithmetic == Numbers::bf16;
    const bool fits = !config.causal && config.head_width == kernels::cuda::StripOrder::kColumns &&
                      config.channels % 16 == 0 &&
                      config.channels <= kernels::cuda::StripOrder::kColumns &&
                      config.hidden % 32 == 0;
    if (small && fits) numbers_ = arithmetic;
  }

  bool packed() const noexcept { return numbers_ != Numbers::exact; }
  Numbers numbers() const noexcept { return numbers_; }  // exact: floats
  int words(int channels) const noexcept { return packed() ? channels / 2 : channels; }
  int channels(int words) const noexcept { return packed() ? words * 2 : words; }
  // Of planes, which have whole sixteens of channels where they are packed.
  int plane_words(int channels) const noexcept {
    return packed() ? (channels + 15) / 16 * 8 : channels;
  }

 private:
  Numbers numbers_ = Numbers::exact;
};

}  // namespace limpid::models
