// SPDX-License-Identifier: MIT
#include "lib/io/sound_part.h"

#include <string>
#include <vector>

#include "lib/io/promised_size.h"
#include "lib/io/sound_by_name.h"

namespace limpid::io {
namespace {

Error bad(const std::filesystem::path& path, const std::string& what) {
  return {ErrorCode::bad_format, path.string() + ": " + what};
}

constexpr sf_count_t kUnknown = SF_COUNT_MAX;
constexpr std::uint64_t kPadding = 16;  // bytes at the end of a file that mean nothing

Status check_info(const std::filesystem::path& path, const SF_INFO& info) {
  if (info.channels < 1 || info.samplerate < 1 || info.frames < 0)
    return bad(path, "found " + std::to_string(info.channels) + " channels at " +
                         std::to_string(info.samplerate) + " Hz, expected at least 1 of each");
  // libsndfile takes any bytes in a file named .au, .gsm or .vox for telephone audio.
  if ((info.format & SF_FORMAT_TYPEMASK) == SF_FORMAT_RAW)
    return bad(path, "no audio header found");
  if (info.frames == kUnknown)
    return bad(path, "no end of the stream found");
  return Done{};
}

Status check_size(const std::filesystem::path& path) {
  std::error_code error;
  const auto promised = promised_size(path);
  const auto size = std::filesystem::file_size(path, error);
  if (promised && size < *promised)
    return bad(path, "truncated: the header promises " + std::to_string(*promised) +
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

Result<SoundPart> checked(const std::filesystem::path& path, SoundPart part) {
  if (!part.sound) {
    const bool refused = sf_error(nullptr) == SF_ERR_SYSTEM;
    return Error{refused ? ErrorCode::io : ErrorCode::bad_format,
                 "cannot read " + path.string() + ": " + sf_strerror(nullptr)};
  }
  if (auto status = check_info(path, part.info); !status) return std::move(status).error();
  return part;
}

}  // namespace

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
    return bad(path, "the file is empty, expected audio");
  return Done{};
}

Result<SoundPart> open_file(const std::filesystem::path& path) {
  SoundPart part;
  part.sound.reset(sound_by_name(path, part.info));
  if (part.sound && part.info.frames == kUnknown && is_flac(part.info.format)) {
    const std::int64_t frames = count_frames(part.sound.get(), part.info.channels);
    part.sound.reset(sound_by_name(path, part.info));
    part.info.frames = frames;
  }
  auto opened = checked(path, std::move(part));
  if (!opened) return opened;
  if (auto status = check_size(path); !status) return std::move(status).error();
  if (const auto left = opened->info.frames == 0 ? bytes_behind(path) : 0; left > kPadding)
    return bad(path, "the header promises no samples, but " + std::to_string(left) +
                         " bytes follow it: the recording was not finished");
  return opened;
}

Result<SoundPart> open_part(const std::filesystem::path& path, const StreamPart& place) {
  SoundPart part;
  part.window = std::make_unique<FileWindow>(path, place);
  part.sound.reset(part.window->open(part.info));
  return checked(path, std::move(part));
}

}  // namespace limpid::io
