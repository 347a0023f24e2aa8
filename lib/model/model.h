// SPDX-License-Identifier: MIT
// What every enhancer looks like from outside: audio in, audio out. The spectrum is its own affair.
//   Model   - immutable weights; share it between threads and sessions.
//   Session - the mutable state of `lanes` independent streams; one thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "lib/base/arithmetic.h"
#include "lib/base/realtime.h"
#include "lib/tensor/tensor.h"
#include "limpid/result.h"

namespace limpid {

struct AttentionTrace;  // lib/model/attention_trace.h

enum class Memory {
  carried,   // process() continues where the last call stopped: N frames at once = N calls of one
  windowed,  // every call stands alone, because the network looks at its whole input
};

// What a person wants to know about a model. Strings come from the weight file's model card.
struct ModelSpec {
  std::string name;          // "light"
  std::string architecture;  // "frcrn"
  std::string summary;       // one line
  std::string licence;
  int sample_rate = 0;                          // Hz; the rate it was trained at
  int min_rate = 0, max_rate = 0;               // Hz; rates open() accepts
  int input_channels = 1, output_channels = 1;  // none out: it recognises, and gives no audio
  Memory memory = Memory::carried;
  std::int64_t parameters = 0;  // trained values
  double macs_per_second = 0;   // real multiply-accumulates per second of audio and channel
  bool voice_activity = false;  // whether sessions tell where speech is
  // After so many hops of any session, whatever its rate, the past that it has not heard makes no
  // difference any more, up to a float's rounding: a stream may begin so much earlier than it is
  // wanted in place of at the recording's beginning. 0: nobody knows, or it never forgets.
  int settle_hops = 0;
  std::string config;  // JSON, as in the file
  std::string card;    // JSON, as in the file; may be empty
};

// The same network at one sample rate.
struct StreamFormat {
  int sample_rate = 0;
  int hop = 0;      // samples; process() takes a multiple of this many
  int latency = 0;  // samples by which a session's output trails its input; constant
};

struct SessionConfig {
  int sample_rate = 16000;  // Hz
  int lanes = 1;            // independent streams, 1..65536
  int max_frames = 1;       // hops that one process() call may carry, 1..2^20
  int gpu = -1;             // the CUDA device to run on, 0 for the first; -1: the CPU
  Arithmetic gpu_arithmetic = Arithmetic::exact;
};

class Session {
 public:
  Session() = default;
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  virtual ~Session() = default;

  // in  [lanes * input_channels][frames * hop], lane-major; out [lanes * output_channels][same].
  // 0 <= frames <= max_frames. May be called in place (in == out). Never fails: non-finite samples
  // count as silence (see repaired()).
  virtual void process(AudioView<const float> in, AudioView<float> out) LIMPID_REALTIME = 0;

  // Probability in 0..1 that speech is present, [lane][frame] for the frames of the latest
  // process() call; empty where spec().voice_activity is false, and before the first call. Entry
  // (lane, f) goes with hop f of that call's output: it was found in the newest of the windows that
  // the hop is made of, the one whose synthesis begins with the first sample of that hop.
  // 0 for hops that come out before there was anything to hear. Valid until the next call.
  virtual std::span<const float> voice_activity() const LIMPID_REALTIME { return {}; }

  // As just opened.
  virtual void reset() LIMPID_REALTIME = 0;
  // One lane of them, the others untouched: where a recording ends, its lane takes the next one.
  // false, and nothing has changed: on a CPU, lanes of a network that looks ahead wait for its
  // masks together.
  virtual bool restart(int lane) LIMPID_REALTIME = 0;

  // Why the output is silence since some call: a GPU failed. Null while all is well.
  virtual const Error* failure() const noexcept { return nullptr; }

  virtual const StreamFormat& format() const LIMPID_REALTIME = 0;
  virtual std::size_t memory() const noexcept = 0;  // bytes of state and scratch
  // What of it a call of max_frames reads or writes at least, on average.
  virtual std::size_t touched() const noexcept { return memory(); }
  virtual std::uint64_t repaired() const noexcept = 0;  // non-finite samples seen since open
};

struct ExactConfig {
  int threads = 1;  // on the CPU: see Model::enhance_exact()
  int gpu = -1;     // as in SessionConfig
  Arithmetic gpu_arithmetic = Arithmetic::exact;
};

// Whole recordings, one call after the other: what a GPU needs for them is prepared once.
class ExactSession {
 public:
  ExactSession() = default;
  ExactSession(const ExactSession&) = delete;
  ExactSession& operator=(const ExactSession&) = delete;
  virtual ~ExactSession() = default;

  // Recordings of one length, each by itself as Model::enhance_exact() does it, and with its
  // errors: [recordings * input_channels][n] to [recordings * output_channels][n]. A GPU that
  // failed: device.
  virtual Result<Tensor<float, 2>> enhance(AudioView<const float> audio) = 0;
  virtual std::size_t memory() const noexcept = 0;  // bytes kept between calls
};

class Model {
 public:
  Model() = default;
  Model(const Model&) = delete;
  Model& operator=(const Model&) = delete;
  virtual ~Model() = default;

  virtual const ModelSpec& spec() const LIMPID_REALTIME = 0;

  // unsupported: a rate outside [min_rate, max_rate].
  virtual Result<StreamFormat> format(int sample_rate) const = 0;

  // All allocation happens here. unsupported, invalid_argument, out_of_memory.
  virtual Result<std::unique_ptr<Session>> open(const SessionConfig& config) const = 0;

  // A whole recording at spec().sample_rate, by the published offline recipe (level normalisation,
  // padding and all), so that results compare with the authors' code sample for sample.
  // [input_channels][n] to [output_channels][n]. Up to `threads` threads work on it where the model
  // can use them, without influence on the result. unsupported where nothing was published;
  // invalid_argument: another number of channels, threads < 1; out_of_memory.
  virtual Result<Tensor<float, 2>> enhance_exact(AudioView<const float> audio, int threads) const;

  // The same on any device, for several recordings. The model must outlive it. unsupported where
  // that network does not run there; device, out_of_memory.
  virtual Result<std::unique_ptr<ExactSession>> open_exact(const ExactConfig& config) const;

  // What the network attends to in a whole recording, [input_channels][samples] at
  // spec().sample_rate; time and memory grow with its square. unsupported where nothing attends.
  virtual Result<AttentionTrace> trace_attention(AudioView<const float> audio) const;
};

}  // namespace limpid
