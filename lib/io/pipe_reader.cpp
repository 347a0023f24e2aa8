// SPDX-License-Identifier: MIT
#include <sndfile.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <new>
#include <string>
#include <vector>

#include "lib/io/audio_format.h"
#include "lib/io/audio_pipe.h"
#include "lib/io/planar.h"
#include "lib/io/promised_size.h"
#include "lib/io/system_error.h"
#include "lib/io/system_file.h"

namespace limpid::io {
namespace {

constexpr char kName[] = "standard input";

using Sound = std::unique_ptr<SNDFILE, CloseSound>;

Error unreadable(const std::string& why) {
  return {ErrorCode::bad_format,
          std::string("cannot read ") + kName + ": " + why + " Streams are WAV, AIFF, AU or Ogg."};
}

// Samples from where a descriptor stands to its end. Of itself libsndfile goes to the beginning of
// a file and takes a device for empty; here it is told that it is where it wants to be.
struct Samples {
  SystemFile file;
  sf_count_t place = 0;
  int error = 0;  // errno of what failed, or 0
};

extern "C" {

// A file that is written to while it is read, perhaps by us, ends where it ended at first.
sf_count_t samples_size(void* user) {
  SystemFile& file = static_cast<Samples*>(user)->file;
  return file.is_regular() ? file.size() - file.seek(0, SEEK_CUR) : SF_COUNT_MAX;
}
sf_count_t samples_seek(sf_count_t offset, int, void*) {
  return offset;
}
sf_count_t samples_read(void* to, sf_count_t count, void* user) {
  auto& samples = *static_cast<Samples*>(user);
  errno = 0;
  const auto got = static_cast<sf_count_t>(samples.file.read(to, static_cast<std::size_t>(count)));
  if (got < count) samples.error = errno;
  samples.place += got;
  return got;
}
sf_count_t samples_write(const void*, sf_count_t, void*) {
  return 0;
}
sf_count_t samples_tell(void* user) {
  return static_cast<Samples*>(user)->place;
}

}  // extern "C"

Sound open_samples(Samples& samples, const AudioFormat& format) {
  SF_VIRTUAL_IO io{samples_size, samples_seek, samples_read, samples_write, samples_tell};
  SF_INFO info{};
  info.format = format.code, info.samplerate = format.sample_rate, info.channels = format.channels;
  return Sound(sf_open_virtual(&io, SFM_READ, &info, &samples));
}

// What writers to pipes say for "unknown": nothing, or a placeholder. libsndfile has rounded it
// down to whole samples.
bool has_no_length(const SF_INFO& info) {
  const sf_count_t frame = sf_count_t{info.channels} * sample_bytes(info.format);
  if (info.seekable != 0 || frame == 0) return false;
  if (info.frames > UINT32_MAX) return false;  // more than 32 bits hold
  const sf_count_t least = info.frames * frame, most = least + frame;
  const auto holds = [&](Sizes sizes) { return most > sizes.low && least <= sizes.high; };
  return info.frames == 0 || holds({kSoxAiff, kSoxAiff}) ||
         std::ranges::any_of(kPlaceholders, holds);
}

// Where it cannot go back, libsndfile loses the first 8 bytes of RF64's samples, and all of CAF's.
bool is_misread(const SF_INFO& info) {
  const int type = info.format & SF_FORMAT_TYPEMASK;
  return info.seekable == 0 && (type == SF_FORMAT_RF64 || type == SF_FORMAT_CAF);
}

// As headerless samples.
AudioFormat without_header(const SF_INFO& info, SNDFILE* sound) {
  const bool swapped = sf_command(sound, SFC_RAW_DATA_NEEDS_ENDSWAP, nullptr, 0) == SF_TRUE;
  const bool little = (std::endian::native == std::endian::little) != swapped;
  return {info.samplerate, info.channels,
          SF_FORMAT_RAW | (little ? SF_ENDIAN_LITTLE : SF_ENDIAN_BIG) |
              (info.format & SF_FORMAT_SUBMASK)};
}

}  // namespace

struct PipeReader::State {
  Samples samples;
  Sound sound;
  AudioFormat format;
  std::vector<float> block{};  // [kBlockFrames][channels]

  Status open();
  Status open_headerless(const AudioFormat& coded);
};

Status PipeReader::State::open() {
  samples.file.make_blocking();  // libsndfile does not wait
  SF_INFO info{};
  sound.reset(sf_open_fd(samples.file.number(), SFM_READ, &info, SF_FALSE));
  if (!sound) return unreadable(sf_strerror(nullptr));
  if (is_misread(info)) return unreadable("RF64 and CAF can be read from files only.");
  if (info.channels < 1 || info.samplerate < 1)
    return Error{ErrorCode::bad_format, std::string(kName) + ": no channels, or no sample rate"};
  format = {info.samplerate, info.channels, info.format};
  return has_no_length(info) ? open_headerless(without_header(info, sound.get())) : Status(Done{});
}

Status PipeReader::State::open_headerless(const AudioFormat& coded) {
  sound = open_samples(samples, coded);
  if (!sound) return unreadable(sf_strerror(nullptr));
  return Done{};
}

std::optional<AudioFormat> headerless(std::string_view type, int sample_rate, int channels) {
  const auto coded = [&](int code) {
    return AudioFormat{sample_rate, channels, SF_FORMAT_RAW | SF_ENDIAN_LITTLE | code};
  };
  if (type == "s16") return coded(SF_FORMAT_PCM_16);
  if (type == "s24") return coded(SF_FORMAT_PCM_24);
  if (type == "s32") return coded(SF_FORMAT_PCM_32);
  if (type == "f32") return coded(SF_FORMAT_FLOAT);
  return std::nullopt;
}

Result<PipeReader> PipeReader::open(int descriptor, const std::optional<AudioFormat>& raw) try {
  SystemFile file = SystemFile::duplicate(descriptor);
  if (!file.is_open()) return system_error("read", kName, errno);
  auto state = std::make_unique<State>(State{{std::move(file)}, {}, raw.value_or(AudioFormat{})});
  if (auto status = raw ? state->open_headerless(*raw) : state->open(); !status)
    return std::move(status).error();
  state->block.resize(static_cast<std::size_t>(kBlockFrames) *
                      static_cast<std::size_t>(state->format.channels));
  return PipeReader(std::move(state));
} catch (const std::bad_alloc&) {
  return Error{ErrorCode::out_of_memory, std::string("not enough memory to read ") + kName};
}

PipeReader::PipeReader(std::unique_ptr<State> state) noexcept : state_(std::move(state)) {}
PipeReader::PipeReader(PipeReader&&) noexcept = default;
PipeReader& PipeReader::operator=(PipeReader&&) noexcept = default;
PipeReader::~PipeReader() = default;

const AudioFormat& PipeReader::format() const noexcept {
  return state_->format;
}

int PipeReader::descriptor() const noexcept {
  return state_->samples.file.number();
}

Result<std::ptrdiff_t> PipeReader::read(AudioView<float> out) {
  State& s = *state_;
  std::ptrdiff_t done = 0, wanted = 0, got = 0;
  // Not once more after the end, where decoders repeat their last block.
  while (got == wanted && done < out.extent(1)) {
    wanted = std::min<std::ptrdiff_t>(out.extent(1) - done, kBlockFrames);
    got = read_planar(s.sound.get(), s.block, out.slice(1, done, wanted));
    done += got;
  }
  if (s.samples.error != 0) return system_error("read", kName, s.samples.error);
  if (sf_error(s.sound.get()) != SF_ERR_NO_ERROR && !s.samples.file.is_broken_pipe())
    return Error{ErrorCode::bad_format,
                 std::string(kName) + " is damaged: " + sf_strerror(s.sound.get())};
  return done;
}

}  // namespace limpid::io
