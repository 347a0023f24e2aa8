// SPDX-License-Identifier: MIT
// LiveWorker: takes captured samples out of the queue, enhances them, puts them back in their
// place.
#pragma once

#include <cstdint>

#include "streaming/duplex_queue.h"
#include "streaming/meters.h"
#include "streaming/stream_processor.h"

namespace limpid::streaming {

class LiveWorker {
 public:
  // Falling more than `max_backlog` samples behind, it drops them and starts afresh with the
  // newest.
  LiveWorker(StreamProcessor stream, DuplexQueue& queue, int sample_rate, int max_backlog);

  // One step of at most one hop, without waiting: false when there was nothing to do.
  bool run_once() LIMPID_REALTIME;

  StreamProcessor& stream() noexcept { return stream_; }

  // [any thread]
  const LoadMeter& load() const noexcept { return load_; }
  float reduction_db() const noexcept;  // level before - level after, over about 300 ms; >= 0
  std::int64_t dropped() const noexcept { return dropped_.value(); }    // samples never enhanced
  std::int64_t repaired() const noexcept { return repaired_.value(); }  // non-finite samples

 private:
  void skip_to(std::int64_t position) LIMPID_REALTIME;
  void publish(AudioView<const float> enhanced) LIMPID_REALTIME;
  void measure_load(double seconds, std::ptrdiff_t count) LIMPID_REALTIME;

  StreamProcessor stream_;
  DuplexQueue& queue_;
  int rate_;
  std::int64_t max_backlog_;
  std::int64_t position_ = 0;  // next captured sample to take
  std::int64_t first_ = 0;     // where the input has no gap behind it
  Tensor<float, 2> in_, out_;  // [rows][hop]
  LevelMeter before_, after_;
  LoadMeter load_;
  double busy_ = 0.0;           // seconds spent on ...
  std::ptrdiff_t in_load_ = 0;  // ... so many samples of the hop that load_ has not seen yet
  Counter dropped_, repaired_;
};

}  // namespace limpid::streaming
