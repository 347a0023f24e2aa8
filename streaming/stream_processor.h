// SPDX-License-Identifier: MIT
// StreamProcessor: any number of samples in, as many out, late by latency().
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "lib/base/realtime.h"
#include "lib/model/model.h"

namespace limpid::streaming {

struct StreamConfig {
  int sample_rate = 48000;            // Hz
  int channels = 1;                   // each is enhanced on its own (a lane); 1..64, of a GPU 65536
  float attenuation_limit_db = 0.0f;  // most that noise may be lowered; 0 (or less) = no limit
  int frames_per_call = 1;  // hops the network takes at once when it can: 1 live, 16 files
  int gpu = -1;             // as in SessionConfig; process() then waits for it
  Arithmetic gpu_arithmetic = Arithmetic::exact;
  // Told Session::voice_activity() by process() each time the network has run: every frame, once.
  std::function<void(std::span<const float>)> on_voice = {};
};

class StreamProcessor {
 public:
  // Opens a session for the whole life of the processor. invalid_argument, unsupported (rate, or a
  // Memory::windowed model, which cannot stream), out_of_memory, device.
  static Result<StreamProcessor> open(std::shared_ptr<const Model> model,
                                      const StreamConfig& config);
  StreamProcessor(StreamProcessor&&) noexcept;
  StreamProcessor& operator=(StreamProcessor&&) noexcept;
  ~StreamProcessor();

  // in [inputs()][n], out [outputs()][n], any n >= 0; in == out is allowed when inputs() ==
  // outputs(). The network runs inside this call whenever a hop is complete; with frames_per_call
  // = 1 the output does not depend on how the stream is cut into calls, to the last bit.
  void process(AudioView<const float> in, AudioView<float> out) LIMPID_REALTIME;

  void reset() LIMPID_REALTIME;  // as just opened, with the present bypass and limit

  // One channel as just opened; what it has not given out is lost, and the others go on. False, and
  // nothing has changed: there is no such channel, or the session cannot (Session::restart()).
  bool restart(int channel) LIMPID_REALTIME;

  int hop() const noexcept;  // samples between two columns of the network; constant

  // Samples, constant for the life of the processor: the session's own latency + hop - 1. A call
  // may end one sample before a hop is complete, so hop - 1 samples must always be in stock.
  int latency() const LIMPID_REALTIME;

  int inputs() const noexcept;   // channels x the model's input channels
  int outputs() const noexcept;  // channels x the model's output channels

  // Cross-fades (10 ms) to the dry signal at the same latency, and back. [any thread]
  void set_bypass(bool bypass) noexcept;

  // out = wet * (1 - g) + dry * g with g = 10^(-db / 20); g = 0 for db <= 0. Reached within 10 ms.
  // [any thread]
  void set_attenuation_limit(float db) noexcept;

  // Probability in 0..1 of speech in the hop that the last sample given out belongs to; negative
  // where the model does not tell, or there is no such channel. [any thread]
  float voice_activity(int channel) const noexcept;

  std::uint64_t repaired() const LIMPID_REALTIME;  // non-finite input samples replaced by 0 so far
  const Error* failure() const noexcept;           // of the session: see there
  const StreamFormat& format() const LIMPID_REALTIME;

 private:
  struct State;
  explicit StreamProcessor(std::unique_ptr<State>) noexcept;
  std::unique_ptr<State> state_;
};

}  // namespace limpid::streaming
