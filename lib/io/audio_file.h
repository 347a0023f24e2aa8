// SPDX-License-Identifier: MIT
// Audio files of every format libsndfile knows, block by block, as planar float.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "lib/tensor/tensor.h"
#include "limpid/result.h"

namespace limpid::io {

// What must be kept for an output to be "the same kind of file".
struct AudioFormat {
  int sample_rate = 0;
  int channels = 0;
  int code = 0;  // libsndfile's SF_INFO::format: container, sample type and byte order
  std::string describe() const;  // "WAV (Microsoft), Signed 24 bit PCM, 48000 Hz, 2 channels"
  // Where samples are clipped: 1, full scale, or 0.8 for the codecs G.721 and G.723, which wrap
  // above; infinity for floats.
  float loudest() const noexcept;
  bool operator==(const AudioFormat&) const = default;
};

struct Metadata;  // lib/io/metadata.h

class AudioReader {
 public:
  // not_found, io; bad_format: not audio, truncated or without channels. Directories are refused.
  static Result<AudioReader> open(const std::filesystem::path& path);
  AudioReader(AudioReader&&) noexcept;
  AudioReader& operator=(AudioReader&&) noexcept;
  ~AudioReader();

  const AudioFormat& format() const noexcept;
  std::int64_t frames() const noexcept;  // samples per channel; of MPEG layers I, II an estimate

  // Loudspeakers, markers, broadcast information: for AudioWriter. Lives as long as the reader.
  const Metadata& metadata() const noexcept;

  // Fills out[channel][0..n) and returns n <= out.extent(1); 0 at the end. Samples in [-1, 1] for
  // integer formats. io, bad_format: the file ends before its header said, or a decoder gave up.
  Result<std::int64_t> read(AudioView<float> out);

 private:
  struct State;
  explicit AudioReader(std::unique_ptr<State>) noexcept;
  std::unique_ptr<State> state_;
};

// Writes to a temporary file in the same folder; commit() renames it onto `path`. Destroyed without
// commit(), it leaves nothing behind: no reader ever sees half a file.
class AudioWriter {
 public:
  // `metadata`: of the recording that this file is made of, with its positions; null: none. With
  // them, WAVEX becomes WAV where they hold no layout for as many channels (lib/io/metadata.h).
  // io: cannot create; unsupported: libsndfile cannot write this format.
  static Result<AudioWriter> create(const std::filesystem::path& path, const AudioFormat& format,
                                    const Metadata* metadata = nullptr);
  AudioWriter(AudioWriter&&) noexcept;
  AudioWriter& operator=(AudioWriter&&) noexcept;
  ~AudioWriter();

  // Of a recording of so many samples in each channel. io: they would not fit into this kind of
  // file, as write() would say at the end.
  Status expect(std::int64_t samples) const;
  Status write(AudioView<const float> samples);  // io: e.g. disk full. Clips, never wraps.
  const AudioFormat& format() const noexcept;    // of the file
  std::uint64_t clipped() const noexcept;        // samples so far beyond format().loudest()
  // Metadata that are not in the file: "3 markers, broadcast information", or "".
  const std::string& not_kept() const noexcept;
  Status commit();  // flush, close, rename

 private:
  struct State;
  explicit AudioWriter(std::unique_ptr<State>) noexcept;
  std::unique_ptr<State> state_;
};

// Whole files, where they are short: impulse responses, clips, fixtures of tests.
struct Audio {
  Tensor<float, 2> samples;  // [channel][sample]
  AudioFormat format;
};
Result<Audio> read_audio(const std::filesystem::path& path);
Status write_audio(const std::filesystem::path& path, AudioView<const float> samples,
                   const AudioFormat& format);

// Float WAV at `sample_rate`, the format of fixtures and of intermediate results.
AudioFormat float_wav(int sample_rate, int channels);

}  // namespace limpid::io
