// SPDX-License-Identifier: MIT
// What kind of file to write so that it is as much like another one as libsndfile can make it.
#pragma once

#include <filesystem>
#include <string>

#include "lib/io/audio_file.h"
#include "limpid/result.h"

namespace limpid::io {

// Whether the file name's extension is that of an audio file; case does not matter.
bool has_audio_extension(const std::filesystem::path& path);

struct OutputFormat {
  AudioFormat format;
  std::string extension;  // ".flac" where the kind of file had to change, "" where it stays
  std::string notice;     // the change in one sentence, or ""
};

// `like` itself where it can be written, else FLAC, else WAV, with the sample type that loses
// least.
OutputFormat same_format(const AudioFormat& like);

// The container that the extension of `path` stands for (that of `like`, the format of `recording`,
// when it is the same), with the sample type of `like` or the one that loses least. unsupported: an
// unknown extension, or a container that cannot hold this rate or number of channels.
Result<AudioFormat> format_for_name(const std::filesystem::path& path, const AudioFormat& like,
                                    const std::filesystem::path& recording);

// 16 bit FLAC: what every browser plays, at half the size of WAV. channels 1..8.
AudioFormat compact_format(int sample_rate, int channels);

}  // namespace limpid::io
