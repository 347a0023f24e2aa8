// SPDX-License-Identifier: MIT
// What libsndfile's format codes mean for us. Internal to the audio_file layer.
#pragma once

#include <sndfile.h>

#include <cstdint>
#include <filesystem>
#include <string>

namespace limpid::io {

// Interleaved conversion happens in blocks of this many samples per channel.
inline constexpr int kBlockFrames = 4096;

// Bits of an integer sample, where the file gives back the integers it was given; 0 for floats and
// lossy codecs.
int integer_bits(int code) noexcept;

// The range of samples that the encoder can be trusted with, symmetric but for the last step of
// integers: beyond it several of libsndfile's wrap.
struct SampleRange {
  float lowest, highest;
};
SampleRange sample_range(int code) noexcept;

bool is_float(int code) noexcept;
bool is_flac(int code) noexcept;
bool is_opus(int code) noexcept;

// MPEG audio has no reliable length: without a Xing header libsndfile estimates it. Of layer III we
// count the frames instead (lib/io/stream_parts.h).
bool length_is_estimate(int code) noexcept;

// ".wav" of "a.WAV".
std::string lower_extension(const std::filesystem::path& path);

// Bytes. Containers with 32-bit sizes would wrap without a word.
std::int64_t longest_file(int code) noexcept;

// Bytes of a sample, not counting padding; 0 where an encoder decides.
int sample_bytes(int code) noexcept;

struct CloseSound {
  void operator()(SNDFILE* sound) const noexcept { sf_close(sound); }
};

}  // namespace limpid::io
