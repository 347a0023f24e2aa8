// SPDX-License-Identifier: MIT
// Either end of a causal network, frame by frame: convolutions see the past, norms see one frame.
// State of one stream.
#pragma once

#include <span>
#include <vector>

#include "models/deftan2/frame_ring.h"
#include "models/deftan2/layers.h"

namespace limpid::models {

class PlaneStream {
 public:
  PlaneStream(Arena& arena, const Deftan2PlaneBlock& block, int bins);

  // Makes room for the next frame, [bin][input]; the caller fills it.
  kernels::Matrix<float> next() LIMPID_REALTIME;
  // out [bin][width] of that frame.
  void step(const Deftan2PlaneBlock& block, kernels::Matrix<float> out) LIMPID_REALTIME;
  void reset() LIMPID_REALTIME;

 private:
  void normalise(const Deftan2PlaneBlock& block) LIMPID_REALTIME;

  FrameRing input_;
  std::vector<FrameRing> groups_;  // inputs of the stages
  std::vector<FrameRing> stages_;  // results of all stages but the last
  std::span<float> scale_, shift_;
};

}  // namespace limpid::models
