// SPDX-License-Identifier: MIT
// The first taps of a streaming convolution in direct form. Internal to dsp.
#pragma once

#include "lib/base/arena.h"
#include "lib/base/realtime.h"
#include "lib/dsp/streaming_conv_filter.h"

namespace limpid::dsp {

class StreamingConvHead {
 public:
  StreamingConvHead(const ConvFilter& filter, int lanes, Arena& arena);

  // Sample n of a row of input, to be written by the caller: n < count <= block.
  float* next(int row, int count) LIMPID_REALTIME;
  // Adds the response to the `count` samples written; out[row] as in StreamingConv. `done` samples
  // of this block went before.
  void add_response(int count, int done, AudioView<float> out) LIMPID_REALTIME;
  void advance(int count) LIMPID_REALTIME {
    at_ += static_cast<std::size_t>(count);
  }  // they are past

  void begin_block(const ConvFilter* wanted) LIMPID_REALTIME;
  bool uses_only(const ConvFilter* filter) const LIMPID_REALTIME {
    return filter_ == filter && !next_;
  }
  std::int64_t exchange_samples() const noexcept { return std::int64_t{fade_blocks_ + 1} * block_; }
  void reset(const ConvFilter* filter) LIMPID_REALTIME;
  double flops() const noexcept { return flops_; }

 private:
  void add(const ConvFilter& filter, int count, float gain, float gain_step,
           AudioView<float> out) noexcept;

  const ConvSpec& spec_;
  int lanes_, block_, past_, fade_blocks_;
  std::size_t size_ = 0, at_ = 0;  // of a row; where the next sample goes
  const ConvFilter* filter_;
  const ConvFilter* next_ = nullptr;
  int fade_block_ = 0;
  double flops_ = 0;
  std::span<float> audio_;  // [input row][size_]
  std::span<float> faded_;  // [block]
};

}  // namespace limpid::dsp
