// SPDX-License-Identifier: MIT
// LiveEngine: device -> DuplexQueue -> worker running a StreamProcessor -> DuplexQueue -> device.
// The latency is constant. Where the worker is late, the captured signal is played instead, at the
// same latency, until the worker has caught up.
#pragma once

#include <cstdint>
#include <memory>

#include "lib/model/model.h"
#include "streaming/audio_device.h"

namespace limpid::streaming {

struct LiveConfig {
  int channels = 1;                   // lanes of the model
  float attenuation_limit_db = 0.0f;  // as in StreamConfig
  double deadline_seconds = 0.0;      // time the worker has for a hop; 0: as long as the hop
  double lost_after_seconds = 2.0;    // without a callback the device counts as lost
  bool own_thread = true;             // false: somebody calls run_worker()
};

enum class LiveState { stopped, running, lost };

// Counts are since the last start().
struct LiveStats {
  LiveState state = LiveState::stopped;
  double seconds = 0;                               // of audio captured
  float input_rms_db = -120, input_peak_db = -120;  // dBFS
  float output_rms_db = -120, output_peak_db = -120;
  float reduction_db = 0;               // level before - after the model
  float load_median = 0, load_max = 0;  // processing time / time of a hop
  std::int64_t late_events = 0;         // times the worker missed its deadline
  double late_seconds = 0;              // of audio played without enhancement because of that
  double dropped_seconds = 0;           // of input that a worker too far behind never looked at
  std::int64_t interruptions = 0;       // times the stock between the clocks had to be corrected
  std::int64_t device_xruns = 0;        // reported by the device
  double drift_ppm = 0;                 // speed of capture over speed of playback
  std::int64_t repaired = 0;            // non-finite input samples
};

// One thread at a time, but for run_worker(), which another may call between start() and stop().
class LiveEngine {
 public:
  // Checks and opens what can be without making a sound. Errors as StreamProcessor::open(), and
  // invalid_argument where device and model do not fit.
  static Result<std::unique_ptr<LiveEngine>> open(std::shared_ptr<const Model> model,
                                                  std::unique_ptr<AudioDevice> device,
                                                  const LiveConfig& config);
  ~LiveEngine();  // stops

  // Afresh, also after stop() or when the device was lost: as another one with another sample rate,
  // if that is what there is now. Errors of the device and of open().
  Status start();
  void stop();  // waits for the worker; statistics stay

  // Cross-fades to the captured signal at the same latency, and back; survives stop() and start().
  void set_bypass(bool bypass) noexcept;

  LiveStats stats() const noexcept;
  // Samples of the device's present rate from capture to playback, without the sound card's own.
  int latency() const noexcept;
  AudioDevice& device() noexcept;

  // One step of the worker where own_thread is false; false when there was nothing to do.
  bool run_worker() LIMPID_REALTIME;

 private:
  struct State;
  explicit LiveEngine(std::unique_ptr<State>) noexcept;
  std::unique_ptr<State> state_;
};

}  // namespace limpid::streaming
