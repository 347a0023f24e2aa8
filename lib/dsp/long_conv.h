// SPDX-License-Identifier: MIT
// LongConv: y = after * ((u * before) convolved with k) along whole rows, offline; filters as long
// as the rows or much shorter. Live audio: StreamingConv, which gives the same numbers.
#pragma once

#include <memory>

#include "lib/dsp/long_conv_filter.h"

namespace limpid::dsp {

// Gates of the shape of u; a stride of 0 repeats one for every lane or channel. Without data: ones.
struct LongConvGates {
  TensorView<const float, 3> before, after;
};

// The memory that convolutions need besides their operands, one share for every thread.
class LongConv {
 public:
  // `threads` 1..256 work on different rows at the same time, the caller's among them.
  // invalid_argument, out_of_memory.
  static Result<LongConv> open(std::shared_ptr<const LongConvFilter> filter, int threads = 1);
  LongConv(LongConv&&) noexcept;
  LongConv& operator=(LongConv&&) noexcept;
  ~LongConv();

  // u, y, gates [lane][channel][sample]: any number of lanes, the channels of the plan, any strides
  // but of samples, which follow each other.
  //   causal:   y[t] = sum_j k[j] u[t - j], u silent before its first sample;
  //   circular: the same with indices modulo the number of samples.
  // Fewer samples than the plan's are fine if causal. y may be u, but no other overlap. Nothing is
  // allocated, and with one thread nothing is waited for. A sample that is not finite spoils its
  // row, of long rows at least the block that it is in.
  // invalid_argument, before anything is written: shapes that do not go together, samples that do
  // not follow each other.
  Status process(TensorView<const float, 3> u, TensorView<float, 3> y,
                 const LongConvGates& gates = {}) noexcept;

  // From the next process() on. invalid_argument: the filter was made for another plan.
  Status use(std::shared_ptr<const LongConvFilter> filter);

 private:
  struct State;
  explicit LongConv(std::unique_ptr<State>) noexcept;
  std::unique_ptr<State> state_;
};

}  // namespace limpid::dsp
