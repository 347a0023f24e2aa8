// SPDX-License-Identifier: MIT
#include "lib/io/output_format.h"

#include <sndfile.h>

#include <algorithm>
#include <array>
#include <functional>
#include <iterator>
#include <optional>
#include <string_view>
#include <vector>

#include "lib/io/audio_format.h"

namespace limpid::io {
namespace {

struct Extension {
  std::string_view name;
  int container;   // SF_FORMAT_...; 0: readable only
  int sample = 0;  // where one container has several extensions
};

constexpr Extension kExtensions[] = {
    {".wav", SF_FORMAT_WAV},
    {".wave", SF_FORMAT_WAV},
    {".bwf", SF_FORMAT_WAV},
    {".flac", SF_FORMAT_FLAC},
    {".ogg", SF_FORMAT_OGG},
    {".oga", SF_FORMAT_OGG},
    {".opus", SF_FORMAT_OGG, SF_FORMAT_OPUS},
    {".mp3", SF_FORMAT_MPEG},
    {".mp2", 0},
    {".mpga", 0},
    {".aiff", SF_FORMAT_AIFF},
    {".aif", SF_FORMAT_AIFF},
    {".aifc", SF_FORMAT_AIFF},
    {".au", SF_FORMAT_AU},
    {".snd", SF_FORMAT_AU},
    {".caf", SF_FORMAT_CAF},
    {".w64", SF_FORMAT_W64},
    {".rf64", SF_FORMAT_RF64},
    {".voc", SF_FORMAT_VOC},
    {".sf", SF_FORMAT_IRCAM},
    {".nist", SF_FORMAT_NIST},
    {".sph", SF_FORMAT_NIST},
    {".svx", SF_FORMAT_SVX},
    {".8svx", SF_FORMAT_SVX},
    {".iff", SF_FORMAT_SVX},
    {".avr", SF_FORMAT_AVR},
    {".htk", SF_FORMAT_HTK},
    {".mat", SF_FORMAT_MAT5},
    {".paf", SF_FORMAT_PAF},
    {".pvf", SF_FORMAT_PVF},
    {".wve", 0},
    {".sds", SF_FORMAT_SDS},
    {".mpc", SF_FORMAT_MPC2K},
    {".sd2", 0},
    {".xi", 0},
};

const Extension* find_extension(const std::filesystem::path& path) {
  const std::string name = lower_extension(path);
  const auto* hit = std::find_if(std::begin(kExtensions), std::end(kExtensions),
                                 [&](const Extension& e) { return e.name == name; });
  return hit == std::end(kExtensions) ? nullptr : hit;
}

// Limits that sf_format_check() does not know and the encoders have. DWVW of 12 bits writes
// nothing, without an error. SD2 keeps its header in a second file, the resource fork, which
// nothing written through an AtomicFile has.
bool encoder_takes(const AudioFormat& format) {
  const int container = format.code & SF_FORMAT_TYPEMASK;
  const int sample = format.code & SF_FORMAT_SUBMASK;
  const int rate = format.sample_rate;
  if (container == SF_FORMAT_SD2 || sample == SF_FORMAT_DWVW_12) return false;
  if (sample == SF_FORMAT_MPEG_LAYER_III && container != SF_FORMAT_MPEG) return false;
  if (container == SF_FORMAT_FLAC) return rate <= 655350;
  if (container == SF_FORMAT_MPEG) {
    constexpr std::array kRates{8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000};
    return sample == SF_FORMAT_MPEG_LAYER_III && format.channels <= 2 &&
           std::find(kRates.begin(), kRates.end(), rate) != kRates.end();
  }
  if (sample == SF_FORMAT_OPUS) {
    constexpr std::array kRates{8000, 12000, 16000, 24000, 48000};
    return std::find(kRates.begin(), kRates.end(), rate) != kRates.end();
  }
  return true;
}

bool writable(const AudioFormat& format) {
  SF_INFO info{};
  info.samplerate = format.sample_rate;
  info.channels = format.channels;
  info.format = format.code;
  return sf_format_check(&info) != 0 && encoder_takes(format);
}

// Sample types in the order of preference, for one that cannot be had.
std::array<int, 6> substitutes(int sample) {
  switch (sample) {
    case SF_FORMAT_FLOAT:
    case SF_FORMAT_DOUBLE:
      return {SF_FORMAT_FLOAT,  SF_FORMAT_PCM_24, SF_FORMAT_PCM_16,
              SF_FORMAT_VORBIS, SF_FORMAT_OPUS,   SF_FORMAT_MPEG_LAYER_III};
    case SF_FORMAT_PCM_32:
    case SF_FORMAT_PCM_24:
    case SF_FORMAT_ALAC_20:
    case SF_FORMAT_ALAC_24:
    case SF_FORMAT_ALAC_32:
      return {SF_FORMAT_PCM_24, SF_FORMAT_FLOAT, SF_FORMAT_PCM_16,
              SF_FORMAT_VORBIS, SF_FORMAT_OPUS,  SF_FORMAT_MPEG_LAYER_III};
    default:
      return {SF_FORMAT_PCM_16, SF_FORMAT_PCM_24, SF_FORMAT_FLOAT,
              SF_FORMAT_VORBIS, SF_FORMAT_OPUS,   SF_FORMAT_MPEG_LAYER_III};
  }
}

std::optional<AudioFormat> fit(const AudioFormat& like, int container, int sample) {
  AudioFormat format = like;
  format.code = container | sample;
  if (writable(format)) return format;
  for (const int substitute : substitutes(like.code & SF_FORMAT_SUBMASK)) {
    format.code = container | substitute;
    if (writable(format)) return format;
  }
  return std::nullopt;
}

// RF64 is the WAV of recordings beyond 4 GB, and recorders give it that name. So does an output
// then, which would not fit into a WAV.
bool is_long_wav(const AudioFormat& format, const std::filesystem::path& name) {
  const Extension* extension = find_extension(name);
  return (format.code & SF_FORMAT_TYPEMASK) == SF_FORMAT_RF64 && extension != nullptr &&
         extension->container == SF_FORMAT_WAV && writable(format);
}

// What a file whose name ends like that would be, as much like `like` as can be.
std::optional<AudioFormat> fit_named(const AudioFormat& like, const Extension& extension) {
  const int container = like.code & SF_FORMAT_TYPEMASK, sample = like.code & SF_FORMAT_SUBMASK;
  const bool same_container =
      container == extension.container ||
      (container == SF_FORMAT_WAVEX && extension.container == SF_FORMAT_WAV);
  AudioFormat format = like;
  if (extension.sample != 0) {  // the name promises a codec
    format.code = extension.container | extension.sample;
    return writable(format) ? std::optional(format) : std::nullopt;
  }
  if (same_container && writable(like)) return like;
  return extension.container != 0 ? fit(like, extension.container, sample) : std::nullopt;
}

constexpr int kUsualRates[] = {8000,  11025, 12000, 16000, 22050,  24000, 32000,
                               44100, 48000, 88200, 96000, 176400, 192000};  // Hz

std::string kilohertz(int rate) {
  std::string text = std::to_string(rate / 1000);
  if (rate % 1000 == 0) return text;
  text += '.' + std::to_string(1000 + rate % 1000).substr(1);
  return text.substr(0, text.find_last_not_of('0') + 1);
}

using Fits = std::function<bool(int rate, int channels)>;

// "does not take 44.1 kHz", with the usual rates that are taken where not all of those are, or "".
std::string problem_of_rate(int rate, const Fits& fits) {
  if (fits(rate, 1)) return "";
  std::vector<std::string> taken;
  for (const int usual : kUsualRates)
    if (fits(usual, 1)) taken.push_back(kilohertz(usual));
  if (taken.empty()) return "";
  if (taken.size() == std::size(kUsualRates)) return "does not take " + kilohertz(rate) + " kHz";
  std::string text = "takes " + taken.front();
  for (std::size_t i = 1; i < taken.size(); ++i)
    text += (i + 1 < taken.size() ? ", " : " or ") + taken[i];
  return text + " kHz, not " + kilohertz(rate);
}

// "takes 2 channels at most, not 6", or "".
std::string problem_of_channels(int rate, int channels, const Fits& fits) {
  int most = channels;
  while (most > 0 && !fits(rate, most)) --most;
  if (most == 0 || most == channels) return "";
  return "takes " + std::to_string(most) + (most == 1 ? " channel" : " channels") +
         " at most, not " + std::to_string(channels);
}

// Why there is no such file, found by asking for other rates and fewer channels.
std::string refusal(const AudioFormat& like, const Extension& extension) {
  const std::string name(extension.name);
  if (extension.container == 0) return name + " files can be read, not written";
  const Fits fits = [&](int rate, int channels) {
    return fit_named({rate, channels, like.code}, extension).has_value();
  };
  const std::string rate = problem_of_rate(like.sample_rate, fits);
  const auto* taken = std::ranges::find_if(kUsualRates, [&](int r) { return fits(r, 1); });
  const int other = rate.empty() || taken == std::end(kUsualRates) ? like.sample_rate : *taken;
  const std::string channels = problem_of_channels(other, like.channels, fits);
  const std::string both = rate + (rate.empty() || channels.empty() ? "" : ", and ") + channels;
  return "a " + name + " file " + (both.empty() ? "cannot hold " + like.describe() : both);
}

}  // namespace

bool has_audio_extension(const std::filesystem::path& path) {
  return find_extension(path) != nullptr;
}

OutputFormat same_format(const AudioFormat& like) {
  if (writable(like)) return {like, "", ""};
  const int sample = like.code & SF_FORMAT_SUBMASK;
  const auto replaced = [&](const AudioFormat& format, const char* extension) {
    return OutputFormat{format, extension,
                        "cannot write " + like.describe() + ": written as " + format.describe()};
  };
  if (const auto flac = fit(like, SF_FORMAT_FLAC, sample)) return replaced(*flac, ".flac");
  AudioFormat wav = float_wav(like.sample_rate, like.channels);
  if (const auto fitting = fit(like, SF_FORMAT_WAV, sample)) wav = *fitting;
  return replaced(wav, ".wav");
}

Result<AudioFormat> format_for_name(const std::filesystem::path& path, const AudioFormat& like,
                                    const std::filesystem::path& recording) {
  const Extension* extension = find_extension(path);
  if (extension == nullptr)
    return Error{ErrorCode::unsupported, path.string() + ": the extension '" +
                                             path.extension().string() +
                                             "' is not that of an audio file"};
  if (is_long_wav(like, recording) && extension->container == SF_FORMAT_WAV) return like;
  if (const auto format = fit_named(like, *extension)) return *format;
  return Error{ErrorCode::unsupported, path.string() + ": " + refusal(like, *extension)};
}

AudioFormat compact_format(int sample_rate, int channels) {
  return {sample_rate, channels, SF_FORMAT_FLAC | SF_FORMAT_PCM_16};
}

}  // namespace limpid::io
