// SPDX-License-Identifier: MIT
// AttentionStream: causal attention frame by frame, in constant memory for ever. N frames at once
// equal N calls of one; after any number of frames the output depends on the window (and the sinks,
// or the decaying state) alone.
#pragma once

#include "lib/nn/attention_query.h"
#include "lib/nn/linear_memory.h"

namespace limpid::nn {

class AttentionStream {
 public:
  AttentionStream() = default;

  // Keys and values of the window from `arena`: 2 * lanes * kv_heads * (past + 128) * width floats,
  // or, for linear_decay without a window, a matrix of width * value_width per head and a block of
  // 64 keys and values per key head. `attention` must outlive the stream. unsupported: future
  // frames, or an unlimited past of any other kind. out_of_memory.
  static Result<AttentionStream> open(Arena& arena, const Attention& attention, int lanes);

  // The next frames, any number, of all lanes. y [lane][frame][heads * value_width], not
  // overlapping the input, which must be finite: what is not reaches frames that do not see it, and
  // stays in the window (in a decaying state for ever) until reset().
  void process(const AttentionInput& in, TensorView<float, 3> y) LIMPID_REALTIME;

  // As just opened, but that the next frame has this number: nothing about the output depends on
  // it, which is what makes hours as exact as seconds.
  void reset(std::int64_t frame = 0) LIMPID_REALTIME;

  std::int64_t frame() const noexcept { return next_; }

 private:
  friend class Attention;  // whole sequences are streams whose memory holds all of them
  AttentionStream(Arena& arena, const Attention& attention, int lanes, std::int64_t kept);

  void run(const AttentionInput& in, TensorView<float, 3> y) noexcept;

  // body(tile) for the frames of a call, block by block.
  template <class Body>
  void for_tiles(std::ptrdiff_t frames, const Body& body) LIMPID_REALTIME;

  const Attention* attention_ = nullptr;
  AttentionMemory memory_;
  AttentionQuery query_;
  LinearMemory linear_;
  std::span<float> cos_sin_;  // [frame of a tile][width]
  std::int64_t next_ = 0;
};

}  // namespace limpid::nn
