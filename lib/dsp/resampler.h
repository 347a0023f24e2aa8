// SPDX-License-Identifier: MIT
// Resampler: audio of one rate in, block by block, the same audio at another rate out.
// For files only: limpid's own networks run at every rate and need none of it.
#pragma once

#include <memory>

#include "lib/tensor/tensor.h"
#include "limpid/result.h"

namespace limpid::dsp {

class Resampler {
 public:
  // Rates in Hz. unsupported: rates more than 256 times apart; invalid_argument: rates or channels
  // below 1; out_of_memory.
  static Result<Resampler> create(int from_rate, int to_rate, int channels);
  Resampler(Resampler&&) noexcept;
  Resampler& operator=(Resampler&&) noexcept;
  ~Resampler();

  // in[channel][any number]. The result is aligned with the input (sample k lies at k / to_rate),
  // though it may come with a later call, and is valid until the next call. `last` flushes; after
  // it, nothing may follow. out_of_memory.
  Result<AudioView<const float>> process(AudioView<const float> in, bool last);

 private:
  struct State;
  explicit Resampler(std::unique_ptr<State>) noexcept;
  std::unique_ptr<State> state_;
};

}  // namespace limpid::dsp
