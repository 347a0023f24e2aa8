// SPDX-License-Identifier: MIT
// Half of a block along time, frame by frame, all frequencies at once: convolutions see the past,
// norms see one position, attention is a mean that forgets. State of one stream.
#pragma once

#include <span>
#include <vector>

#include "models/deftan2/frame_ring.h"
#include "models/deftan2/layers.h"

namespace limpid::models {

// What one step needs and does not keep; all halves of a session share it.
struct TimeScratch {
  TimeScratch() = default;
  TimeScratch(Arena& arena, const Deftan2Config& config);
  std::span<float> local;              // [bin][2 C]
  std::span<float> gated, narrow;      // [bin][C]
  std::span<float> query, key, value;  // [bin][inner]
  std::span<float> alone, conv;        // [bin][hidden / 2]
};

class TimeHalf {
 public:
  TimeHalf(Arena& arena, const Deftan2Config& config, int dilation);

  // x [bin][channel] of the next frame, in place.
  void step(const BlockHalf& half, kernels::Matrix<float> x,
            const TimeScratch& scratch) LIMPID_REALTIME;
  void reset() LIMPID_REALTIME;

 private:
  void dense(const BlockHalf& half) LIMPID_REALTIME;
  void attend(const BlockAttention& a, const TimeScratch& s) LIMPID_REALTIME;
  void feed_forward(const FeedForward& f, const TimeScratch& s) LIMPID_REALTIME;

  const Deftan2Config config_;
  FrameRing y_;               // normalised input, as far back as the first group reaches
  std::vector<FrameRing> o_;  // results of the stages of the split dense block but for the last
  FrameRing attended_;        // what attention's convolution reads
  FrameRing around_;          // what the dilated convolution reads
  FrameRing z_;               // what the fold reads
  std::span<float> state_;    // [bin][head][key feature][value feature]
  std::span<float> total_;    // [bin][head][key feature]
};

}  // namespace limpid::models
