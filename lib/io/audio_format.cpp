// SPDX-License-Identifier: MIT
#include "lib/io/audio_format.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <limits>

#include "lib/io/audio_file.h"

namespace limpid::io {
namespace {

std::string name_of(int code) {
  SF_FORMAT_INFO info{};
  info.format = code;
  if (sf_command(nullptr, SFC_GET_FORMAT_INFO, &info, sizeof info) != 0) return "unknown format";
  return info.name;
}

// A count of samples has 21 bits. Packets of 127 bytes hold 120 of samples in groups of 7 bits; the
// last packet is not there yet while a file grows.
std::int64_t longest_sds(int bits) noexcept {
  const int bytes = bits <= 14 ? 2 : bits <= 21 ? 3 : 4;
  return 21 + std::int64_t{127} * (0x1FFFFF / (120 / bytes) - 1);
}

}  // namespace

std::string lower_extension(const std::filesystem::path& path) {
  std::string name = path.extension().string();
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return name;
}

int integer_bits(int code) noexcept {
  switch (code & SF_FORMAT_SUBMASK) {
    case SF_FORMAT_PCM_S8:
    case SF_FORMAT_PCM_U8:
      return 8;
    case SF_FORMAT_PCM_16:
    case SF_FORMAT_ALAC_16:
    case SF_FORMAT_DWVW_16:
      return 16;
    case SF_FORMAT_ALAC_20:
      return 20;
    case SF_FORMAT_PCM_24:
    case SF_FORMAT_ALAC_24:
    case SF_FORMAT_DWVW_24:
      return 24;
    case SF_FORMAT_PCM_32:
    case SF_FORMAT_ALAC_32:
      return 32;
    default:
      return 0;
  }
}

SampleRange sample_range(int code) noexcept {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  if (is_float(code)) return {-kInfinity, kInfinity};
  // A float has no step finer than 2^-24 below 1.
  if (const int bits = integer_bits(code); bits != 0)
    return {-1.0f, 1.0f - std::ldexp(1.0f, -std::min(bits - 1, 24))};
  switch (code & SF_FORMAT_SUBMASK) {
    case SF_FORMAT_VORBIS:
    case SF_FORMAT_OPUS:
    case SF_FORMAT_MPEG_LAYER_III:
      return {-1.0f, 1.0f};  // floats inside
    case SF_FORMAT_G721_32:
    case SF_FORMAT_G723_24:
    case SF_FORMAT_G723_40:
      return {-0.8f, 0.8f};  // what they predict overshoots, and wraps: even at 0.9 in loud noise
    default:
      return {-1.0f, 32767.0f / 32768.0f};  // encoders of 16 bits
  }
}

bool is_float(int code) noexcept {
  const int type = code & SF_FORMAT_SUBMASK;
  return type == SF_FORMAT_FLOAT || type == SF_FORMAT_DOUBLE;
}

bool is_flac(int code) noexcept {
  return (code & SF_FORMAT_TYPEMASK) == SF_FORMAT_FLAC;
}

bool is_opus(int code) noexcept {
  return (code & SF_FORMAT_SUBMASK) == SF_FORMAT_OPUS;
}

bool length_is_estimate(int code) noexcept {
  return (code & SF_FORMAT_TYPEMASK) == SF_FORMAT_MPEG;
}

std::int64_t longest_file(int code) noexcept {
  switch (code & SF_FORMAT_TYPEMASK) {
    case SF_FORMAT_WAV:
    case SF_FORMAT_WAVEX:
    case SF_FORMAT_AIFF:
    case SF_FORMAT_AU:
    case SF_FORMAT_SVX:
    case SF_FORMAT_MAT5:
      return UINT32_MAX;
    case SF_FORMAT_VOC:
      return 0xFFFFFF;  // one block of samples
    case SF_FORMAT_SDS:
      return longest_sds(integer_bits(code));
    default:
      return INT64_MAX;
  }
}

int sample_bytes(int code) noexcept {
  switch (code & SF_FORMAT_SUBMASK) {
    case SF_FORMAT_PCM_S8:
    case SF_FORMAT_PCM_U8:
    case SF_FORMAT_ULAW:
    case SF_FORMAT_ALAW:
      return 1;
    case SF_FORMAT_PCM_16:
    case SF_FORMAT_PCM_24:
    case SF_FORMAT_PCM_32:
      return is_flac(code) ? 0 : integer_bits(code) / 8;
    case SF_FORMAT_FLOAT:
      return 4;
    case SF_FORMAT_DOUBLE:
      return 8;
    default:
      return 0;
  }
}

std::string AudioFormat::describe() const {
  return name_of(code & SF_FORMAT_TYPEMASK) + ", " + name_of(code & SF_FORMAT_SUBMASK) + ", " +
         std::to_string(sample_rate) + " Hz, " + std::to_string(channels) +
         (channels == 1 ? " channel" : " channels");
}

float AudioFormat::loudest() const noexcept {
  return -sample_range(code).lowest;
}

AudioFormat float_wav(int sample_rate, int channels) {
  return {sample_rate, channels, SF_FORMAT_WAV | SF_FORMAT_FLOAT};
}

}  // namespace limpid::io
