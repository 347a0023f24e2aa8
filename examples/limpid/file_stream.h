// SPDX-License-Identifier: MIT
// FileStream: audio of any rate through a model, block by block, without delay: the model's latency
// is cut off the front and flushed out of the end.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "lib/dsp/resampler.h"
#include "lib/model/model.h"
#include "streaming/stream_processor.h"

namespace limpid::cli {

// How a model runs through a file.
struct FileStreamSettings {
  float attenuation_limit_db = 0;  // 0: no limit
  int frames_per_call = 16;        // a file may wait: longer matrix products are cheaper per hop
  bool whole_calls = false;        // silence fills up the last call: others share the session
  // Told of every hop, if any: see streaming::StreamConfig.
  std::function<void(std::span<const float>)> on_voice = {};
};

class FileStream {
 public:
  // `channels`: a multiple of the model's inputs. Runs the model at the file's rate where it can,
  // and resamples to the nearest that it takes and back where it cannot. unsupported,
  // invalid_argument, out_of_memory, device.
  static Result<FileStream> open(std::shared_ptr<const Model> model, int sample_rate, int channels,
                                 FileStreamSettings settings);

  // [channel][any number] in; what is complete out, aligned with the input, valid until next time.
  Result<AudioView<const float>> push(AudioView<const float> in);
  // The rest. The total may be longer than the input, or, with resampling, a sample shorter.
  Result<AudioView<const float>> finish();

  bool resamples() const noexcept { return in_.has_value(); }
  int outputs() const noexcept { return processor_.outputs(); }
  int model_rate() const noexcept { return processor_.format().sample_rate; }
  const StreamFormat& format() const noexcept { return processor_.format(); }  // of the model

 private:
  FileStream(streaming::StreamProcessor processor, const FileStreamSettings& settings);
  Result<AudioView<const float>> enhance(AudioView<const float> in, bool last);

  std::optional<dsp::Resampler> in_, out_;
  streaming::StreamProcessor processor_;
  bool whole_calls_;
  Tensor<float, 2> waiting_;  // [input][samples of a call]
  std::ptrdiff_t held_ = 0;   // of them
  std::ptrdiff_t to_drop_;    // samples of latency that have not come out yet
  std::vector<float> enhanced_;
};

}  // namespace limpid::cli
