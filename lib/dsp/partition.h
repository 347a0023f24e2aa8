// SPDX-License-Identifier: MIT
// How a long filter is cut into partitions: a few stages, each a run of equal blocks with one size
// of FFT and one frequency-domain delay line (Garcia, "Optimal filter partition for efficient
// convolution with short input/output delay", AES 113, 2002).
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace limpid::dsp {

// Nanoseconds on one core. The defaults were measured by limpid_streaming_conv_costs; they are part
// of the source so that the same filter is always cut in the same way. measured_costs.h measures
// this machine.
struct ConvCosts {
  static constexpr int kSmallest = 4, kLargest = 17;  // log2 of block sizes
  // [log2 of the block size]: the transforms of one block there and back.
  std::array<double, kLargest + 1> transforms;
  double multiply;  // one complex bin of one partition
  double direct;    // one tap of the direct form, a sample

  static const ConvCosts& defaults() noexcept;
};

struct ConvStage {
  int block;            // taps of a partition; a power of two
  std::int64_t offset;  // the first tap
  int parts;            // partitions
};

struct ConvPartition {
  std::int64_t head = 0;          // taps 0..head-1 are in direct form
  std::vector<ConvStage> stages;  // ascending offsets, strictly ascending blocks
  std::int64_t latency = 0;       // samples
  double cost = 0;                // nanoseconds a sample, by the model
};

// The cheapest partition of `taps` >= 1 taps for audio that is transformed every `block` samples (a
// power of two in 16..2^17): the direct form where that is cheapest, up to kUniform blocks one
// uniform stage, else the optimum. The work on a block of P > `block` samples may take all of the
// P samples that follow: a stage begins no earlier than 2P - block samples behind its input.
// Latency is 0 in direct form, and if `zero_latency`, which takes the first `block` taps in direct
// form; else `block`.
inline constexpr int kUniform = 16;
ConvPartition partition_filter(std::int64_t taps, int block, bool zero_latency,
                               const ConvCosts& costs);

}  // namespace limpid::dsp
