// SPDX-License-Identifier: MIT
#include <sndfile.h>

#include <algorithm>
#include <cerrno>
#include <new>
#include <string>
#include <vector>

#include "lib/io/audio_format.h"
#include "lib/io/audio_pipe.h"
#include "lib/io/system_error.h"
#include "lib/io/system_file.h"

namespace limpid::io {
namespace {

constexpr char kName[] = "standard input";

}  // namespace

struct PipeReader::State {
  SystemFile file;
  std::unique_ptr<SNDFILE, CloseSound> sound;
  AudioFormat format;
  std::vector<float> block;  // [kBlockFrames][channels]
};

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
  SF_INFO info{};
  if (raw)
    info.format = raw->code, info.samplerate = raw->sample_rate, info.channels = raw->channels;
  auto state = std::make_unique<State>(State{std::move(file), {}, {}, {}});
  state->sound.reset(sf_open_fd(state->file.number(), SFM_READ, &info, SF_FALSE));
  if (!state->sound)
    return Error{ErrorCode::bad_format, std::string("cannot read ") + kName + ": " +
                                            sf_strerror(nullptr) +
                                            " Streams are WAV, AIFF, AU or Ogg."};
  if (info.channels < 1 || info.samplerate < 1)
    return Error{ErrorCode::bad_format, std::string(kName) + ": no channels, or no sample rate"};
  state->format = {info.samplerate, info.channels, info.format};
  state->block.resize(static_cast<std::size_t>(kBlockFrames) *
                      static_cast<std::size_t>(info.channels));
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

Result<std::ptrdiff_t> PipeReader::read(AudioView<float> out) {
  State& s = *state_;
  std::ptrdiff_t done = 0, got = kBlockFrames;
  while (done < out.extent(1) && got > 0) {
    const auto wanted = std::min<std::ptrdiff_t>(out.extent(1) - done, kBlockFrames);
    got = static_cast<std::ptrdiff_t>(sf_readf_float(s.sound.get(), s.block.data(), wanted));
    for (std::ptrdiff_t c = 0; c < s.format.channels; ++c)
      for (std::ptrdiff_t i = 0; i < got; ++i)
        out[c][done + i] = s.block[static_cast<std::size_t>(i * s.format.channels + c)];
    done += got;
  }
  if (sf_error(s.sound.get()) != SF_ERR_NO_ERROR && !s.file.is_broken_pipe())
    return Error{ErrorCode::bad_format,
                 std::string(kName) + " is damaged: " + sf_strerror(s.sound.get())};
  return done;
}

}  // namespace limpid::io
