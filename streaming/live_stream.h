// SPDX-License-Identifier: MIT
// LiveStream: what runs between a start and the next: the queue, both of its ends, and the meters.
#pragma once

#include <atomic>
#include <cstdint>

#include "streaming/audio_device.h"
#include "streaming/duplex_queue.h"
#include "streaming/live_worker.h"
#include "streaming/meters.h"
#include "streaming/playback.h"

namespace limpid::streaming {

// All in samples.
struct LiveTiming {
  int fade = 0;         // see LateMixer
  int latency = 0;      // from capture to playback
  int max_backlog = 0;  // see LiveWorker
  int capacity = 0;     // of the queue
};

// `stream_latency`, `hop`: of the StreamProcessor; `deadline`: seconds for a hop, 0 = as long as
// it.
LiveTiming live_timing(const DeviceFormat& device, int stream_latency, int hop, double deadline);

class LiveStream final : public AudioCallback {
 public:
  LiveStream(StreamProcessor stream, std::vector<int> dry_sources, const DeviceFormat& device,
             const LiveTiming& timing);

  void on_capture(AudioView<const float> in, double time) LIMPID_REALTIME override;
  void on_playback(AudioView<float> out, double time) LIMPID_REALTIME override;
  void on_xrun() LIMPID_REALTIME override { xruns_.add(); }
  void on_lost() LIMPID_REALTIME override { lost_.store(true, std::memory_order_release); }

  LiveWorker& worker() noexcept { return worker_; }

  // [any thread]
  int sample_rate() const noexcept { return rate_; }  // Hz
  const LiveWorker& worker() const noexcept { return worker_; }
  const Playback& playback() const noexcept { return playback_; }
  const LevelMeter& input_level() const noexcept { return input_level_; }
  const LevelMeter& output_level() const noexcept { return output_level_; }
  std::int64_t captured() const noexcept { return queue_.captured.head(); }  // samples
  std::int64_t played() const noexcept { return played_.value(); }           // samples
  std::int64_t xruns() const noexcept { return xruns_.value(); }
  bool lost() const noexcept { return lost_.load(std::memory_order_acquire); }

 private:
  int rate_;
  DuplexQueue queue_;
  LiveWorker worker_;
  Playback playback_;
  LevelMeter input_level_, output_level_;
  Counter played_, xruns_;
  std::atomic<bool> lost_ = false;
};

}  // namespace limpid::streaming
