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

class FileStream {
 public:
  // `channels`: a multiple of the model's inputs. Runs the model at the file's rate where it can,
  // and resamples to the model's rate and back where it cannot. `on_voice`, if any, is told every
  // hop: see streaming::StreamConfig. unsupported, invalid_argument, out_of_memory.
  static Result<FileStream> open(std::shared_ptr<const Model> model, int sample_rate, int channels,
                                 float attenuation_limit_db,
                                 std::function<void(std::span<const float>)> on_voice = {});

  // [channel][any number] in; what is complete out, aligned with the input, valid until next time.
  Result<AudioView<const float>> push(AudioView<const float> in);
  // The rest. With resampling the total may be a sample longer or shorter than the input.
  Result<AudioView<const float>> finish();

  bool resamples() const noexcept { return in_.has_value(); }
  int model_rate() const noexcept { return processor_.format().sample_rate; }
  const StreamFormat& format() const noexcept { return processor_.format(); }  // of the model

 private:
  explicit FileStream(streaming::StreamProcessor processor);
  AudioView<const float> enhance(AudioView<const float> in);

  std::optional<dsp::Resampler> in_, out_;
  streaming::StreamProcessor processor_;
  std::ptrdiff_t to_drop_;  // samples of latency that have not come out yet
  std::vector<float> enhanced_;
};

}  // namespace limpid::cli
