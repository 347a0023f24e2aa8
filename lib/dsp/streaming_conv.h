// SPDX-License-Identifier: MIT
// StreamingConv: convolution with filters of any length, live. Calls may be of any length; the work
// is done block by block and spread so that all blocks cost about the same.
#pragma once

#include <memory>

#include "lib/dsp/streaming_conv_filter.h"

namespace limpid::dsp {

class StreamingConv {
 public:
  // `lanes` independent streams of the plan's inputs and outputs, which share the filters.
  // invalid_argument: lanes below 1; out_of_memory.
  static Result<StreamingConv> open(std::shared_ptr<const ConvFilter> filter, int lanes);
  StreamingConv(StreamingConv&&) noexcept;
  StreamingConv& operator=(StreamingConv&&) noexcept;
  ~StreamingConv();

  int inputs() const noexcept;   // rows: lanes times the inputs of the plan
  int outputs() const noexcept;  // rows
  std::int64_t latency() const noexcept;
  // Samples that sound on after the input has ended: latency + taps - 1.
  std::int64_t tail() const noexcept;

  // in[lane * plan inputs + input][n] -> out[lane * plan outputs + output][n], n >= 0 as the caller
  // likes; out[t] = sum over the routes to it of filter * in[t - latency()]. out may be in. Samples
  // that are not finite count as 0, those beyond +-10^6 are limited.
  void process(AudioView<const float> in, AudioView<float> out) LIMPID_REALTIME;
  void flush(AudioView<float> out) LIMPID_REALTIME;  // as after silence

  // [one other thread at a time] From now on this filter: every part of the response is cross-faded
  // over ConvSpec::fade samples, the early ones first; nothing but the new filter is heard after
  // exchange_samples(). Of filters that arrive faster than that, the last one wins. Never waits for
  // process(), nor the other way round; frees what was exchanged before.
  // invalid_argument: the filter was made for another plan; out_of_memory.
  Status exchange(std::shared_ptr<const ConvFilter> filter);
  std::int64_t exchange_samples() const noexcept;

  // Begins again, as if history[row][n] had gone through process(); costs only what the output from
  // now on depends on. (Agarwal et al., "FutureFill", 2024: what the past contributes to the
  // future.)
  void prefill(AudioView<const float> history) LIMPID_REALTIME;
  void reset() LIMPID_REALTIME;  // as opened, with the filter of now

  std::uint64_t repaired() const noexcept;  // samples that were not finite
  double flops() const noexcept;            // floating-point operations so far

 private:
  struct State;
  explicit StreamingConv(std::unique_ptr<State>) noexcept;
  std::unique_ptr<State> state_;
};

}  // namespace limpid::dsp
