// SPDX-License-Identifier: MIT
// libsndfile encodes, but the bytes pass through our own functions: several of its encoders ignore
// a failed write, and a full disk must not look like success.
#include <sndfile.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <new>
#include <vector>

#include "lib/io/atomic_file.h"
#include "lib/io/audio_file.h"
#include "lib/io/audio_format.h"
#include "lib/io/metadata.h"
#include "lib/io/quantizer.h"
#include "lib/io/system_error.h"

namespace limpid::io {
namespace {

struct Sink {
  AtomicFile file;
  int error = 0;  // errno of the first failure
};

extern "C" {

sf_count_t sink_length(void* user) {
  return static_cast<Sink*>(user)->file.file().size();
}

sf_count_t sink_seek(sf_count_t offset, int whence, void* user) {
  return static_cast<Sink*>(user)->file.file().seek(offset, whence);
}

sf_count_t sink_read(void* to, sf_count_t count, void* user) {
  auto& file = static_cast<Sink*>(user)->file.file();
  return static_cast<sf_count_t>(file.read(to, static_cast<std::size_t>(count)));
}

sf_count_t sink_write(const void* from, sf_count_t count, void* user) {
  auto& sink = *static_cast<Sink*>(user);
  const auto done =
      static_cast<sf_count_t>(sink.file.file().write(from, static_cast<std::size_t>(count)));
  if (done < count && sink.error == 0) sink.error = errno;
  return done;
}

sf_count_t sink_tell(void* user) {
  return static_cast<Sink*>(user)->file.file().seek(0, SEEK_CUR);
}

}  // extern "C"

}  // namespace

struct AudioWriter::State {
  Sink sink;
  std::unique_ptr<SNDFILE, CloseSound> sound;  // after the sink: closing still writes
  AudioFormat format;
  Quantizer quantize;
  std::string not_kept;
  std::vector<float> block;  // [kBlockFrames][channels]
  bool empty = true;

  // Whether everything so far has reached the file.
  Status status(const char* otherwise) const {
    const auto& path = sink.file.target();
    if (sink.error != 0) return system_error("write", path, sink.error);
    if (otherwise != nullptr)
      return Error{ErrorCode::io, "cannot write " + path.string() + ": " + otherwise};
    return Done{};
  }

  // Whether a file of this kind holds so many bytes.
  Status fits(std::int64_t bytes) const {
    const std::int64_t longest = longest_file(format.code);
    if (bytes <= longest) return status(nullptr);
    const std::int64_t megabytes = longest / 1'000'000;
    const auto size = megabytes < 1000 ? std::to_string(megabytes) + " MB" : "4 GB";
    return status(("its format cannot hold more than " + size + "; RF64 and W64 can").c_str());
  }
};

Result<AudioWriter> AudioWriter::create(const std::filesystem::path& path,
                                        const AudioFormat& wanted, const Metadata* metadata) try {
  AudioFormat format = wanted;
  if (metadata != nullptr) format.code = code_with(*metadata, format.channels, format.code);
  SF_INFO info{};
  info.samplerate = format.sample_rate;
  info.channels = format.channels;
  info.format = format.code;
  const auto refuse = [&](const char* why) {
    return Error{ErrorCode::unsupported,
                 "cannot write " + path.string() + " as " + format.describe() + ": " + why};
  };
  if (format.sample_rate < 1 || format.channels < 1 || sf_format_check(&info) == 0)
    return refuse("libsndfile does not write this format");
  auto file = AtomicFile::create(path);
  if (!file) return std::move(file).error();
  auto state = std::make_unique<State>(
      State{{*std::move(file)}, nullptr, format, Quantizer(format.code), {}, {}, true});
  SF_VIRTUAL_IO io{sink_length, sink_seek, sink_read, sink_write, sink_tell};
  state->sound.reset(sf_open_virtual(&io, SFM_WRITE, &info, &state->sink));
  if (state->sink.error != 0) return state->status(nullptr).error();
  if (!state->sound) return refuse(sf_strerror(nullptr));
  // Peaks carry a time stamp; the same input should give the same file.
  sf_command(state->sound.get(), SFC_SET_ADD_PEAK_CHUNK, nullptr, SF_FALSE);
  sf_command(state->sound.get(), SFC_SET_CLIPPING, nullptr, SF_TRUE);
  if (metadata != nullptr) state->not_kept = write_metadata(*metadata, state->sound.get(), info);
  state->block.resize(static_cast<std::size_t>(kBlockFrames) *
                      static_cast<std::size_t>(format.channels));
  return AudioWriter(std::move(state));
} catch (const std::bad_alloc&) {
  return Error{ErrorCode::out_of_memory, "not enough memory to write " + path.string()};
}

AudioWriter::AudioWriter(std::unique_ptr<State> state) noexcept : state_(std::move(state)) {}
AudioWriter::AudioWriter(AudioWriter&&) noexcept = default;
AudioWriter& AudioWriter::operator=(AudioWriter&&) noexcept = default;
AudioWriter::~AudioWriter() = default;

const AudioFormat& AudioWriter::format() const noexcept {
  return state_->format;
}

std::uint64_t AudioWriter::clipped() const noexcept {
  return state_->quantize.clipped();
}

const std::string& AudioWriter::not_kept() const noexcept {
  return state_->not_kept;
}

Status AudioWriter::expect(std::int64_t samples) const {
  const std::int64_t each = std::int64_t{sample_bytes(format().code)} * format().channels;
  return state_->fits(samples > INT64_MAX / std::max<std::int64_t>(each, 1) ? INT64_MAX
                                                                            : samples * each);
}

Status AudioWriter::write(AudioView<const float> samples) {
  State& s = *state_;
  const std::ptrdiff_t channels = s.format.channels;
  if (samples.extent(0) != channels || !s.sound)
    return Error{ErrorCode::invalid_argument,
                 s.sink.file.target().string() + ": expected " + std::to_string(channels) +
                     " channels before commit(), found " + std::to_string(samples.extent(0))};
  for (std::ptrdiff_t begin = 0; begin < samples.extent(1); begin += kBlockFrames) {
    const auto count = std::min<std::ptrdiff_t>(samples.extent(1) - begin, kBlockFrames);
    for (std::ptrdiff_t c = 0; c < channels; ++c)
      for (std::ptrdiff_t i = 0; i < count; ++i)
        s.block[static_cast<std::size_t>(i * channels + c)] = s.quantize(samples[c][begin + i]);
    s.empty = false;
    const bool whole = sf_writef_float(s.sound.get(), s.block.data(), count) == count;
    if (auto status = s.status(whole ? nullptr : sf_strerror(s.sound.get())); !status)
      return status;
  }
  return s.fits(sink_length(&s.sink));
}

Status AudioWriter::commit() {
  State& s = *state_;
  if (!s.sound) return s.status("it was committed before");
  if (s.empty && is_opus(s.format.code))
    return Error{ErrorCode::unsupported, "cannot write " + s.sink.file.target().string() +
                                             ": Opus has no form for a recording without samples"};
  // FLAC would otherwise wait for the first sample with its header.
  if (s.empty && is_flac(s.format.code))
    sf_command(s.sound.get(), SFC_UPDATE_HEADER_NOW, nullptr, 0);
  const int error = sf_close(s.sound.release());
  if (auto status = s.status(error == 0 ? nullptr : sf_error_number(error)); !status) return status;
  return s.sink.file.commit();
}

}  // namespace limpid::io
