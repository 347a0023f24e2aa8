// SPDX-License-Identifier: MIT
// DuplexQueue: the only thing that the audio callbacks and the worker share. Both directions count
// samples by their index in the captured stream, so an enhanced sample can only ever be played in
// the place of the captured sample it belongs to.
#pragma once

#include <atomic>
#include <limits>

#include "streaming/position_ring.h"

namespace limpid::streaming {

struct DuplexQueue {
  DuplexQueue(int inputs, int outputs, int capacity)
      : captured(inputs, capacity), enhanced(outputs, capacity) {}

  PositionRing captured;  // written by the capture callback, read by worker and playback callback
  PositionRing enhanced;  // written by the worker, read by the playback callback

  // When sample 0 was captured, in seconds of the devices' common clock, as judged from the latest
  // block; where two sound cards run at different speeds, their drift is seen here. NaN at first.
  std::atomic<double> capture_epoch = std::numeric_limits<double>::quiet_NaN();
};

}  // namespace limpid::streaming
