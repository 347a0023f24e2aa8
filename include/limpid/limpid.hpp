// SPDX-License-Identifier: MIT
// Speech enhancement for applications: open an Enhancer, then call process() in the audio thread.
//
//   auto enhancer = limpid::Enhancer::open({.sample_rate = 48000, .channels = 2});
//   if (!enhancer) return report(enhancer.error().message);
//   enhancer->process(in, out, samples);  // inputs() and outputs() pointers
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "limpid/export.h"
#include "limpid/result.h"

namespace limpid {

struct EnhancerConfig {
  std::string model = {};   // a shipped name or a .safetensors file; "": the default
  int sample_rate = 48000;  // Hz; each model has its range, the default 8000..192000
  int channels = 1;  // independent streams, 1..64, on a GPU 1..65536; an array model takes its
                     // microphones for each: pass inputs() pointers
  float attenuation_limit_db = 0.0f;  // most that noise is lowered, >= 0; 0: no limit
  std::string device = {};      // "" or "cpu"; "cuda", "cuda:1": a GPU, for servers of many streams
  std::string arithmetic = {};  // of its products: "" or "exact", "tf32x3", "tf32", "fp16", "bf16"
};

// One stream of audio, or several. Everything is allocated by open(). A moved-from Enhancer may
// only be assigned to or destroyed. One thread at a time, but for the functions marked [any
// thread].
class LIMPID_API Enhancer {
 public:
  // invalid_argument: channels or limit out of range, unknown device or arithmetic, or an
  // arithmetic of GPUs for the CPU; not_found: no such model; bad_format: not a limpid model file;
  // unsupported: sample rate or model that cannot run live, or not on a GPU; io; out_of_memory;
  // device: no such GPU, or liblimpid_cuda cannot be loaded.
  static Result<Enhancer> open(const EnhancerConfig& config);
  Enhancer(Enhancer&&) noexcept;
  Enhancer& operator=(Enhancer&&) noexcept;
  ~Enhancer();

  // in[inputs()][samples], nominal range [-1, 1], to out[outputs()][samples]; any number of
  // samples. in and out may be the same buffers. Real-time safe: never allocates, locks, throws or
  // waits. A call costs one network run per hop it completes, otherwise almost nothing. NaN and
  // infinity count as silence. Does nothing when a pointer is null. On a GPU it waits for that at
  // each hop, so there it is not for audio threads.
  void process(const float* const* in, float* const* out, int samples) noexcept;

  // Samples by which the output trails the input; constant. To get the end of a recording, pass
  // this many samples of silence after it. [any thread]
  int latency() const noexcept;

  // Constant. [any thread]
  int inputs() const noexcept;   // pointers in `in`: channels, times the microphones of the model
  int outputs() const noexcept;  // pointers in `out`
  int hop() const noexcept;      // samples after which the network runs again: 10 ms, mostly

  // Forgets all audio; bypass and limit stay. Real-time safe on a CPU, where it takes a small part
  // of the time of a hop.
  void reset() noexcept;

  // One channel as just opened, the others go on: a stream has ended, and its place is for the next
  // one. In the middle of a hop the network hears zeros for the part that is gone. As real-time
  // safe as reset(). False, and nothing has changed: there is no such channel, or the model looks
  // ahead, as the published FRCRN does, and runs on a CPU.
  bool restart(int channel) noexcept;

  // Why the output is silence since some call of process(): the GPU failed. Null while all is well.
  const Error* failure() const noexcept;

  // Cross-fades within 10 ms between enhanced and original sound, at the same latency. [any thread]
  void set_bypass(bool bypass) noexcept;
  // As in EnhancerConfig, but nothing is refused: zero, less and NaN are no limit. [any thread]
  void set_attenuation_limit(float db) noexcept;

  // Probability in 0..1 that there is speech in the last sample that process() gave out, updated
  // once per hop; to see every value, process at most hop() samples per call. Negative where the
  // model does not tell, or there is no such output channel. [any thread]
  float voice_activity(int channel = 0) const noexcept;

  std::uint64_t repaired() const noexcept;  // NaN and infinite input samples since open()

 private:
  struct State;
  explicit Enhancer(std::unique_ptr<State>) noexcept;
  std::unique_ptr<State> state_;
};

LIMPID_API const char* version() noexcept;  // "1.2.3", of the library that runs

// Names of the models inside the library that runs, for EnhancerConfig; the default first. What a
// model takes and gives, the one that is opened tells.
LIMPID_API std::vector<std::string> model_names();

}  // namespace limpid
