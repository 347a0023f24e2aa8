// SPDX-License-Identifier: MIT
#include <sndfile.h>

#include <algorithm>
#include <exception>
#include <new>
#include <vector>

#include "lib/io/audio_file.h"
#include "lib/io/audio_format.h"
#include "lib/io/promised_size.h"

namespace limpid::io {

using Sound = std::unique_ptr<SNDFILE, CloseSound>;

struct AudioReader::State {
  Sound sound;
  AudioFormat format;
  std::int64_t frames = 0, position = 0;
  std::vector<float> block;  // [kBlockFrames][channels]
  std::string name;
};

namespace {

Error bad(const std::string& name, const std::string& what) {
  return {ErrorCode::bad_format, name + ": " + what};
}

constexpr sf_count_t kUnknown = SF_COUNT_MAX;

// What can be said before libsndfile is asked.
Status check_file(const std::filesystem::path& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status))
    return Error{status.type() == std::filesystem::file_type::not_found ? ErrorCode::not_found
                                                                        : ErrorCode::io,
                 "cannot read " + path.string() + ": " +
                     (error ? error.message() : "no such file or directory")};
  if (!std::filesystem::is_regular_file(status))
    return Error{ErrorCode::io, "cannot read " + path.string() + ": it is not a regular file"};
  if (std::filesystem::file_size(path, error) == 0)
    return bad(path.string(), "the file is empty, expected audio");
  return Done{};
}

Status check_info(const std::string& name, const SF_INFO& info) {
  if (info.channels < 1 || info.samplerate < 1 || info.frames < 0)
    return bad(name, "found " + std::to_string(info.channels) + " channels at " +
                         std::to_string(info.samplerate) + " Hz, expected at least 1 of each");
  // libsndfile takes any bytes in a file named .au, .gsm or .vox for telephone audio.
  if ((info.format & SF_FORMAT_TYPEMASK) == SF_FORMAT_RAW)
    return bad(name, "no audio header found");
  return Done{};
}

Status check_length(const std::filesystem::path& path, const SF_INFO& info) {
  if (info.frames == kUnknown)  // Ogg without its last page
    return bad(path.string(), "truncated: the end of the stream is missing");
  std::error_code error;
  const auto promised = promised_size(path);
  const auto size = std::filesystem::file_size(path, error);
  if (promised && size < *promised)
    return bad(path.string(), "truncated: the header promises " + std::to_string(*promised) +
                                  " bytes, found " + std::to_string(size));
  return Done{};
}

// FLAC from an encoder that wrote to a pipe does not say how long it is: decode and see.
std::int64_t count_frames(SNDFILE* sound, int channels) {
  std::vector<float> block(static_cast<std::size_t>(kBlockFrames * channels));
  std::int64_t frames = 0;
  while (const sf_count_t got = sf_readf_float(sound, block.data(), kBlockFrames)) frames += got;
  return frames;
}

Sound open_sound(const std::filesystem::path& path, SF_INFO& info) {
  info = {};
  Sound sound(sf_open(path.c_str(), SFM_READ, &info));
  if (!sound || info.frames != kUnknown || !is_flac(info.format)) return sound;
  const std::int64_t frames = count_frames(sound.get(), info.channels);
  sound.reset(sf_open(path.c_str(), SFM_READ, &info));
  info.frames = frames;
  return sound;
}

}  // namespace

Result<AudioReader> AudioReader::open(const std::filesystem::path& path) try {
  if (auto status = check_file(path); !status) return std::move(status).error();
  SF_INFO info;
  Sound sound = open_sound(path, info);
  if (!sound) {
    const bool refused = sf_error(nullptr) == SF_ERR_SYSTEM;
    return Error{refused ? ErrorCode::io : ErrorCode::bad_format,
                 "cannot read " + path.string() + ": " + sf_strerror(nullptr)};
  }
  if (auto status = check_info(path.string(), info); !status) return std::move(status).error();
  if (auto status = check_length(path, info); !status) return std::move(status).error();
  auto state = std::make_unique<State>();
  state->sound = std::move(sound);
  state->format = {info.samplerate, info.channels, info.format};
  state->frames = info.frames;
  state->block.resize(static_cast<std::size_t>(kBlockFrames) *
                      static_cast<std::size_t>(info.channels));
  state->name = path.string();
  return AudioReader(std::move(state));
} catch (const std::bad_alloc&) {
  return Error{ErrorCode::out_of_memory, "not enough memory to read " + path.string()};
}

AudioReader::AudioReader(std::unique_ptr<State> state) noexcept : state_(std::move(state)) {}
AudioReader::AudioReader(AudioReader&&) noexcept = default;
AudioReader& AudioReader::operator=(AudioReader&&) noexcept = default;
AudioReader::~AudioReader() = default;

const AudioFormat& AudioReader::format() const noexcept {
  return state_->format;
}
std::int64_t AudioReader::frames() const noexcept {
  return state_->frames;
}

Result<std::int64_t> AudioReader::read(AudioView<float> out) {
  State& s = *state_;
  if (out.extent(0) != s.format.channels)
    return Error{ErrorCode::invalid_argument,
                 s.name + ": asked for " + std::to_string(out.extent(0)) +
                     " channels of a file with " + std::to_string(s.format.channels)};
  std::int64_t done = 0;
  while (done < out.extent(1)) {
    const auto wanted = std::min<std::int64_t>(out.extent(1) - done, kBlockFrames);
    const sf_count_t got = sf_readf_float(s.sound.get(), s.block.data(), wanted);
    for (std::ptrdiff_t c = 0; c < s.format.channels; ++c)
      for (std::ptrdiff_t i = 0; i < got; ++i)
        out[c][done + i] = s.block[static_cast<std::size_t>(i * s.format.channels + c)];
    done += got;
    s.position += got;
    if (got == wanted) continue;
    const bool early = s.position < s.frames && !length_is_estimate(s.format.code);
    if (!early && sf_error(s.sound.get()) == SF_ERR_NO_ERROR) break;
    return bad(s.name, "truncated or damaged after " + std::to_string(s.position) + " of " +
                           std::to_string(s.frames) + " samples: " + sf_strerror(s.sound.get()));
  }
  return done;
}

}  // namespace limpid::io
