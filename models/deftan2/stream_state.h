// SPDX-License-Identifier: MIT
// A causal DeFTAN-II frame by frame: everything one stream remembers.
#pragma once

#include <vector>

#include "models/deftan2/network.h"
#include "models/deftan2/plane_stream.h"
#include "models/deftan2/sequence_half.h"
#include "models/deftan2/time_half.h"

namespace limpid::models {

// Shared by the streams of a session, which take turns.
struct Deftan2Scratch {
  Deftan2Scratch(Arena& arena, const Deftan2Config& config)
      : frame(arena, config, config.bins()), time(arena, config) {}
  SequenceHalf frame;
  TimeScratch time;
};

class Deftan2State {
 public:
  Deftan2State(Arena& arena, const Deftan2Network& network);

  // Makes room for the next frame, [bin][mic 0 re, mic 0 im, mic 1 re, ...]; the caller fills it.
  kernels::Matrix<float> next() LIMPID_REALTIME { return encoder_.next(); }
  // out [bin][planes of the output] of that frame.
  void step(const Deftan2Network& network, Deftan2Scratch& scratch,
            kernels::Matrix<float> out) LIMPID_REALTIME;
  void reset() LIMPID_REALTIME;

 private:
  PlaneStream encoder_, decoder_;
  std::vector<TimeHalf> along_time_;
};

}  // namespace limpid::models
