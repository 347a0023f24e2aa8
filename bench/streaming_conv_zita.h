// SPDX-License-Identifier: MIT
// zita-convolver behind what the benchmark needs of it, or its absence.
#pragma once

#include <memory>
#include <span>

namespace limpid::bench {

class ZitaConvolver {
 public:
  // One channel. Null: built without it, or it does not take these sizes.
  static std::unique_ptr<ZitaConvolver> open(std::span<const float> taps, int block);
  virtual ~ZitaConvolver() = default;
  // block samples; waits for its threads where the output needs them.
  virtual void process(const float* in, float* out) = 0;
};

bool with_zita() noexcept;

}  // namespace limpid::bench
