// SPDX-License-Identifier: MIT
// libsndfile goes back to a WAV's header, which a pipe cannot, so header and samples are made here.
#include <algorithm>
#include <bit>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <new>
#include <string>

#include "lib/io/audio_pipe.h"
#include "lib/io/quantizer.h"
#include "lib/io/system_error.h"
#include "lib/io/system_file.h"

namespace limpid::io {
namespace {

constexpr char kName[] = "standard output";
constexpr std::uint32_t kUnknown = 0xFFFFFFFF;  // what a size is that nobody knows yet
constexpr std::uint32_t kHeader = 44;           // bytes

using Bytes = std::string;

void add(Bytes& to, std::uint32_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) to.push_back(static_cast<char>(value >> (8 * i)));
}

// Of as many bytes of samples; WAVE_FORMAT_PCM or WAVE_FORMAT_IEEE_FLOAT.
Bytes wav_header(const AudioFormat& format, int bytes_each, std::uint32_t size) {
  const auto rate = static_cast<std::uint32_t>(format.sample_rate);
  const auto frame = static_cast<std::uint32_t>(format.channels * bytes_each);
  Bytes header;
  header += "RIFF";
  add(header, size == kUnknown ? kUnknown : size + size % 2 + kHeader - 8, 4);
  header += "WAVEfmt ";
  add(header, 16, 4);
  add(header, is_float(format.code) ? 3 : 1, 2);
  add(header, static_cast<std::uint32_t>(format.channels), 2);
  add(header, rate, 4);
  add(header, rate * frame, 4);
  add(header, frame, 2);
  add(header, static_cast<std::uint32_t>(8 * bytes_each), 2);
  header += "data";
  add(header, size, 4);
  return header;
}

int written_as(int code) {
  if (is_float(code)) return SF_FORMAT_FLOAT;
  switch (integer_bits(code)) {
    case 8:
      return SF_FORMAT_PCM_U8;
    case 24:
      return SF_FORMAT_PCM_24;
    case 32:
      return SF_FORMAT_PCM_32;
    default:
      return SF_FORMAT_PCM_16;
  }
}

}  // namespace

struct PipeWriter::State {
  SystemFile file;
  AudioFormat format;  // as it is written
  bool header;
  bool reachable;  // it, when everything else is written
  Quantizer quantize{format.code};
  int bytes_each = sample_bytes(format.code);
  Bytes bytes{};
  std::uint64_t size = 0;  // of the samples so far
  int error = 0;

  std::uint32_t encoded(float sample) const {
    if (is_float(format.code)) return std::bit_cast<std::uint32_t>(sample);
    const auto value = static_cast<std::int32_t>(std::ldexp(sample, 8 * bytes_each - 1));
    return static_cast<std::uint32_t>(value) + (bytes_each == 1 ? 128 : 0);  // bytes have no sign
  }

  Status put(const Bytes& what) {
    if (error == 0 && file.write(what.data(), what.size()) < what.size()) error = errno;
    if (error != 0) return system_error("write", kName, error);
    return Done{};
  }
};

Result<PipeWriter> PipeWriter::open(int descriptor, const AudioFormat& like, bool raw) try {
  SystemFile file = SystemFile::duplicate(descriptor);
  if (!file.is_open()) return system_error("write", kName, errno);
  const AudioFormat format{like.sample_rate, like.channels, written_as(like.code)};
  const bool reachable =
      file.is_regular() && file.size() == 0 && !file.appends() && file.seek(0, SEEK_CUR) == 0;
  auto state = std::make_unique<State>(State{std::move(file), format, !raw, reachable});
  if (!raw) (void)state->put(wav_header(format, state->bytes_each, kUnknown));  // or write() fails
  return PipeWriter(std::move(state));
} catch (const std::bad_alloc&) {
  return Error{ErrorCode::out_of_memory, std::string("not enough memory to write ") + kName};
}

PipeWriter::PipeWriter(std::unique_ptr<State> state) noexcept : state_(std::move(state)) {}
PipeWriter::PipeWriter(PipeWriter&&) noexcept = default;
PipeWriter& PipeWriter::operator=(PipeWriter&&) noexcept = default;
PipeWriter::~PipeWriter() = default;

std::uint64_t PipeWriter::clipped() const noexcept {
  return state_->quantize.clipped();
}

Status PipeWriter::write(AudioView<const float> samples) {
  State& s = *state_;
  s.bytes.clear();
  for (std::ptrdiff_t i = 0; i < samples.extent(1); ++i)
    for (std::ptrdiff_t c = 0; c < samples.extent(0); ++c)
      add(s.bytes, s.encoded(s.quantize(samples[c][i])), s.bytes_each);
  s.size += s.bytes.size();
  return s.put(s.bytes);
}

Status PipeWriter::finish() {
  State& s = *state_;
  if (!s.header || !s.reachable || s.size > kUnknown - kHeader) return Done{};
  if (s.size % 2 != 0)
    if (auto status = s.put(Bytes(1, '\0')); !status)
      return status;  // chunks have an even number of bytes
  if (s.file.seek(0, SEEK_SET) != 0) return system_error("write", kName, errno);
  auto status = s.put(wav_header(s.format, s.bytes_each, static_cast<std::uint32_t>(s.size)));
  // The place is also that of the next program that writes into the same redirection.
  if (status && s.file.seek(0, SEEK_END) < 0) return system_error("write", kName, errno);
  return status;
}

int PipeWriter::last_error() const noexcept {
  return state_->error;
}

}  // namespace limpid::io
