// SPDX-License-Identifier: MIT
// StreamProcessor: any number of samples in, as many out, late by latency().
#pragma once

#include <cstdint>
#include <memory>

#include "lib/base/realtime.h"
#include "lib/model/model.h"

namespace limpid::streaming {

struct StreamConfig {
  int sample_rate = 48000;            // Hz
  int channels = 1;                   // each is enhanced on its own (a lane); 1..64
  float attenuation_limit_db = 0.0f;  // most that noise may be lowered; 0 = no limit
  int frames_per_call = 1;            // hops the network takes at once when it can: 1 live, 16 files
};

class StreamProcessor {
 public:
  // Opens a session for the whole life of the processor. invalid_argument, unsupported (rate, or a
  // Memory::windowed model, which cannot stream), out_of_memory.
  static Result<StreamProcessor> open(std::shared_ptr<const Model> model,
                                      const StreamConfig& config);
  StreamProcessor(StreamProcessor&&) noexcept;
  StreamProcessor& operator=(StreamProcessor&&) noexcept;
  ~StreamProcessor();

  // [channel][sample], any number of samples, in == out allowed. Real-time safe: the network runs
  // inside this call whenever a hop is complete.
  void process(AudioView<const float> in, AudioView<float> out) LIMPID_REALTIME;

  void reset() LIMPID_REALTIME;  // as just opened
  int latency() const noexcept;  // samples; constant for the life of the processor

  // Cross-fades (10 ms) to the dry signal at the same latency, and back. [any thread]
  void set_bypass(bool bypass) noexcept;
  void set_attenuation_limit(float db) noexcept;  // [any thread]

  std::uint64_t repaired() const noexcept;  // non-finite input samples replaced so far
  const StreamFormat& format() const noexcept;
  std::size_t memory() const noexcept;  // bytes

 private:
  struct State;
  explicit StreamProcessor(std::unique_ptr<State>) noexcept;
  std::unique_ptr<State> state_;
};

}  // namespace limpid::streaming
