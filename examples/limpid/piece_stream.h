// SPDX-License-Identifier: MIT
// PieceStream: a recording through a model in pieces, several at once, each on a thread of its own.
// What comes out is what one stream would have made of it, up to a float's rounding.
#pragma once

#include <atomic>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>

#include "examples/limpid/file_job.h"
#include "examples/limpid/pieces.h"

namespace limpid::cli {

class PieceStream {
 public:
  struct Config {
    int sample_rate = 0;  // Hz, one that the model takes
    int channels = 0;     // a multiple of the model's inputs
    float attenuation_limit_db = 0;
    int frames_per_call = 16;  // as FileStream has it
    bool voice = false;        // keep what the model tells of speech
    Pieces pieces;
    Advance advance;  // [any thread] told of what has been enhanced, and asked whether to go on
    std::function<Status(AudioView<const float>)> emit;  // told of the output, in order
  };

  // May throw std::bad_alloc.
  PieceStream(std::shared_ptr<const Model> model, Config config);

  // [channel][any number] in. Now and then all pieces are full: then they are enhanced, which takes
  // its time, and come out aligned with the input. Errors are the model's, or those of emit(). May
  // throw what threads throw, theirs or for want of them.
  Status push(AudioView<const float> in);
  // The rest, and what the model's latency holds back; a few samples longer than the input.
  Status finish();

  bool stopped() const noexcept { return stopped_; }  // by advance(): nothing more comes out
  const StreamFormat& format() const noexcept { return format_; }
  VoiceFrames voice() && { return std::move(voice_); }  // of all, with the model's latency

 private:
  struct Range {
    std::ptrdiff_t begin, kept, end;  // samples in audio_: heard from, wanted from, up to
  };

  Status run(bool last);
  Range range(int piece, int count, bool last) const noexcept;
  void enhance(const Range& range, VoiceFrames& voice) noexcept;
  Status go_through(const Range& range, VoiceFrames& voice);
  void forget_all_but_the_end();

  std::shared_ptr<const Model> model_;
  Config config_;
  StreamFormat format_;
  std::ptrdiff_t latency_;  // of a stream, samples
  std::ptrdiff_t call_;     // samples
  std::ptrdiff_t full_;     // samples of all pieces and of what the first one hears before
  Tensor<float, 2> audio_, enhanced_;  // [channel][full_, and room for what flushes the model]
  std::ptrdiff_t held_ = 0;            // samples in audio_
  bool first_ = true;                  // they are the recording's first
  VoiceFrames voice_;

  std::atomic<bool> stopped_ = false, halt_ = false;  // by advance(); for any reason
  std::mutex mutex_;
  std::optional<Error> problem_;  // the first one, or what was thrown
  std::exception_ptr thrown_;
};

}  // namespace limpid::cli
