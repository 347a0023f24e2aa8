// SPDX-License-Identifier: MIT
// The immutable parts of an offline convolution, shared by any number of threads: how rows are cut
// and transformed (LongConvPlan), and filters that are ready for it (LongConvFilter).
#pragma once

#include <memory>
#include <span>

#include "lib/base/arena.h"
#include "lib/dsp/long_conv_layout.h"
#include "lib/tensor/tensor.h"
#include "limpid/result.h"

namespace limpid::dsp {

class LongConvEngine;

class LongConvPlan {
 public:
  // invalid_argument: channels, samples or taps below 1 or above 2^31 - 1, `kept` that is not of
  // the form that LongConvSpec asks for; unsupported: an engine that cannot do it; out_of_memory.
  static Result<std::shared_ptr<const LongConvPlan>> create(LongConvSpec spec);
  ~LongConvPlan();

  const LongConvSpec& spec() const noexcept { return spec_; }
  const LongConvLayout& layout() const noexcept { return layout_; }
  const LongConvEngine& engine() const noexcept { return *engine_; }  // internal to dsp

 private:
  LongConvPlan(LongConvSpec spec, const LongConvLayout& layout);
  LongConvSpec spec_;
  LongConvLayout layout_;
  std::unique_ptr<const LongConvEngine> engine_;
};

class LongConvFilter {
 public:
  // taps[channel][1..the plan's taps], or one row for all channels. invalid_argument: no taps, too
  // many, another number of channels, a tap that is not finite; out_of_memory.
  static Result<std::shared_ptr<const LongConvFilter>> create(
      std::shared_ptr<const LongConvPlan> plan, AudioView<const float> taps);

  const std::shared_ptr<const LongConvPlan>& plan() const noexcept { return plan_; }
  std::span<const float> spectrum(std::ptrdiff_t channel) const noexcept;

 private:
  void transform(AudioView<const float> taps);

  std::shared_ptr<const LongConvPlan> plan_;
  std::ptrdiff_t rows_ = 0;
  std::size_t floats_ = 0, stride_ = 0;  // of a row
  Arena arena_;
  std::span<float> spectra_;  // [row][stride]
};

}  // namespace limpid::dsp
