// SPDX-License-Identifier: MIT
// Audio that comes and goes through descriptors, as a program's standard input and output, as soon
// as it is there. Nothing here goes back to what was read or written before.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "lib/io/audio_file.h"

namespace limpid::io {

// Little-endian samples without a header: "s16", "s24", "s32" or "f32". nullopt: another name.
std::optional<AudioFormat> headerless(std::string_view type, int sample_rate, int channels);

class PipeReader {
 public:
  // Waits for a header: of WAV, AIFF, AU or Ogg, or, of a regular file, whatever libsndfile reads;
  // for none where `raw` tells what follows. A stream that says of no length, or of the longest
  // that its header has, goes on until it ends. The caller keeps `descriptor`. io, bad_format.
  static Result<PipeReader> open(int descriptor, const std::optional<AudioFormat>& raw);
  PipeReader(PipeReader&&) noexcept;
  PipeReader& operator=(PipeReader&&) noexcept;
  ~PipeReader();

  const AudioFormat& format() const noexcept;
  int descriptor() const noexcept;  // that it reads, which stays this one's

  // Waits until out[channel] is full, or less at the end: returns how many there are. Who wrote the
  // header could not know the length, so that there are fewer than it says is no error. bad_format:
  // a decoder gave up; io.
  Result<std::ptrdiff_t> read(AudioView<float> out);

 private:
  struct State;
  explicit PipeReader(std::unique_ptr<State>) noexcept;
  std::unique_ptr<State> state_;
};

class PipeWriter {
 public:
  // With the sample type of `like` where that is PCM or float (32 bits), else 16 bits; the header
  // says "no known length". `raw`: no header. The caller keeps `descriptor`.
  static Result<PipeWriter> open(int descriptor, const AudioFormat& like, bool raw);
  PipeWriter(PipeWriter&&) noexcept;
  PipeWriter& operator=(PipeWriter&&) noexcept;
  ~PipeWriter();

  // Gone to the operating system when this returns. Clips, never wraps. io: as last_error() says.
  Status write(AudioView<const float> samples);
  Status finish();  // a header in a file that was empty gets the length now; io
  std::uint64_t clipped() const noexcept;  // samples so far
  int last_error() const noexcept;         // errno of what failed first, or 0

 private:
  struct State;
  explicit PipeWriter(std::unique_ptr<State>) noexcept;
  std::unique_ptr<State> state_;
};

}  // namespace limpid::io
