// SPDX-License-Identifier: MIT
#include <sndfile.h>

#include <algorithm>
#include <limits>
#include <new>
#include <vector>

#include "lib/io/audio_file.h"
#include "lib/io/audio_format.h"
#include "lib/io/metadata.h"
#include "lib/io/planar.h"
#include "lib/io/sound_part.h"
#include "lib/io/stream_parts.h"

namespace limpid::io {

struct AudioReader::State {
  std::filesystem::path path;
  std::vector<StreamPart> parts;  // none: libsndfile reads the file by its name
  std::size_t next_part = 0;
  SoundPart now;
  AudioFormat format;
  std::int64_t frames = 0, position = 0;
  std::int64_t promised = 0;  // frames up to the end of the part that is being read
  std::vector<float> block;   // [kBlockFrames][channels]
  Metadata metadata;          // of the first part

  Status open_first();
  Status measure_others();
  Status open_next();
  Status check_end() const;
};

Status AudioReader::State::open_first() {
  auto found = stream_parts(path);
  if (!found) return std::move(found).error();
  parts = *std::move(found);
  if (auto status = open_next(); !status) return status;
  format = {now.info.samplerate, now.info.channels, now.info.format};
  frames = promised;
  metadata = read_metadata(now.sound.get(), now.info);
  block.resize(static_cast<std::size_t>(kBlockFrames) * static_cast<std::size_t>(format.channels));
  return measure_others();
}

Status AudioReader::State::measure_others() {
  for (std::size_t i = next_part; i < parts.size(); ++i) {
    auto part = open_part(path, parts[i]);
    if (!part)
      return Error{part.error().code, part.error().message +
                                          " (of the recording that begins at byte " +
                                          std::to_string(parts[i].begin) + ")"};
    if (part->info.frames > std::numeric_limits<std::int64_t>::max() - frames)
      return Error{ErrorCode::bad_format, path.string() + ": no file can hold as many samples"};
    const AudioFormat other{part->info.samplerate, part->info.channels, part->info.format};
    if (other.sample_rate != format.sample_rate || other.channels != format.channels)
      return Error{ErrorCode::bad_format,
                   path.string() + ": another recording begins at byte " +
                       std::to_string(parts[i].begin) + ": " + other.describe() +
                       ", expected the same as the first: " + format.describe()};
    frames += part->info.frames;
  }
  return Done{};
}

Status AudioReader::State::open_next() {
  auto part = parts.empty() ? open_file(path) : open_part(path, parts[next_part]);
  if (!part) return std::move(part).error();
  now.sound.reset();  // before the window that it reads from
  now = *std::move(part);
  promised += now.info.frames;
  ++next_part;
  return Done{};
}

// Whether a part that gives no more samples has given all of them.
Status AudioReader::State::check_end() const {
  const bool estimate = parts.empty() && length_is_estimate(format.code);
  const int error = sf_error(now.sound.get());
  if (error == SF_ERR_NO_ERROR && (estimate || position >= promised)) return Done{};
  // A FLAC that had to be counted has as many as the decoder could make of it.
  const auto of = position < promised ? " of " + std::to_string(frames) : std::string();
  const auto why = error == SF_ERR_NO_ERROR ? "" : std::string(": ") + sf_strerror(now.sound.get());
  return Error{ErrorCode::bad_format, path.string() + ": truncated or damaged after " +
                                          std::to_string(position) + of + " samples" + why};
}

Result<AudioReader> AudioReader::open(const std::filesystem::path& path) try {
  if (auto status = check_file(path); !status) return std::move(status).error();
  auto state = std::make_unique<State>();
  state->path = path;
  if (auto status = state->open_first(); !status) return std::move(status).error();
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

const Metadata& AudioReader::metadata() const noexcept {
  return state_->metadata;
}

Result<std::int64_t> AudioReader::read(AudioView<float> out) try {
  State& s = *state_;
  if (out.extent(0) != s.format.channels)
    return Error{ErrorCode::invalid_argument,
                 s.path.string() + ": asked for " + std::to_string(out.extent(0)) +
                     " channels of a file with " + std::to_string(s.format.channels)};
  std::ptrdiff_t done = 0;
  while (done < out.extent(1)) {
    const auto wanted = std::min<std::ptrdiff_t>(out.extent(1) - done, kBlockFrames);
    const auto got = read_planar(s.now.sound.get(), s.block, out.slice(1, done, wanted));
    done += got;
    s.position += got;
    if (got == wanted) continue;
    if (auto status = s.check_end(); !status) return std::move(status).error();
    if (s.next_part >= s.parts.size()) break;
    if (auto status = s.open_next(); !status) return std::move(status).error();
  }
  return done;
} catch (const std::bad_alloc&) {
  return Error{ErrorCode::out_of_memory, "not enough memory to read " + state_->path.string()};
}

}  // namespace limpid::io
