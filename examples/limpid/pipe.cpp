// SPDX-License-Identifier: MIT
// `limpid pipe`: a stream of audio in at standard input, enhanced out at standard output.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "examples/limpid/channel_choice.h"
#include "examples/limpid/commands.h"
#include "examples/limpid/file_command.h"
#include "examples/limpid/file_stream.h"
#include "examples/limpid/interrupt.h"
#include "examples/limpid/model_options.h"
#include "examples/limpid/ranges.h"
#include "examples/limpid/samples.h"
#include "examples/limpid/terminal.h"
#include "lib/io/audio_pipe.h"
#include "models/registry.h"

namespace limpid::cli {
namespace {

constexpr int kStandardInput = 0, kStandardOutput = 1;
constexpr int kMaxRawRate = 768'000;  // Hz

struct Arguments {
  std::string model, raw;
  ChannelChoice channels;
  float attenuation_limit_db = 0;
};

// What comes in through the model and out again, as long as it was and without the model's delay.
class Pipe {
 public:
  Pipe(io::PipeReader reader, std::vector<int> heard, FileStream stream, io::PipeWriter writer)
      : reader_(std::move(reader)),
        heard_(std::move(heard)),
        stream_(std::move(stream)),
        writer_(std::move(writer)),
        in_({reader_.format().channels, hop()}),
        picked_({static_cast<std::ptrdiff_t>(heard_.size()), hop()}) {}

  // Until the input ends, somebody interrupts, or nobody reads the output any more. What came
  // before an error goes out.
  Status run() {
    Status read = Done{};
    while (read && !interrupted()) {
      auto count = reader_.read(in_.view());
      if (!count) read = std::move(count).error();
      if (auto status = pass(count ? *count : 0); !status) return status;
      if (count && *count < in_.extent(1)) break;
    }
    if (auto status = emit(stream_.finish()); !status) return status;
    if (auto status = fill_up(); !status) return status;
    auto finished = writer_.finish();
    return read || interrupted() ? finished : read;  // a decoder may miss what it does not get
  }

  bool output_is_unwanted() const { return reader_is_gone(writer_.last_error()); }
  std::vector<std::string> notices() const {
    return notices_of(repaired_, writer_.clipped(), 1.0f);
  }

 private:
  // What the model takes at once, as far as possible: a stream should not wait.
  std::ptrdiff_t hop() const {
    const std::int64_t hop = stream_.format().hop;
    return std::max<std::int64_t>(1, hop * reader_.format().sample_rate / stream_.model_rate());
  }

  Status pass(std::ptrdiff_t count) {
    const AudioView<float> block = picked_.view().slice(1, 0, count);
    repaired_ += take_channels(in_.view(), heard_, block);
    read_ += count;
    return emit(stream_.push(block));
  }

  Status emit(const Result<AudioView<const float>>& enhanced) {
    if (!enhanced) return enhanced.error();
    const auto count = std::min<std::int64_t>(enhanced->extent(1), read_ - written_);
    written_ += count;
    return writer_.write(enhanced->slice(1, 0, count));
  }

  Status fill_up() {  // resampling may lose a sample
    const Tensor<float, 2> silence({stream_.outputs(), read_ - written_});
    return writer_.write(silence.view());
  }

  io::PipeReader reader_;
  std::vector<int> heard_;
  FileStream stream_;
  io::PipeWriter writer_;
  Tensor<float, 2> in_, picked_;         // [channel that comes, or that the model hears][hop]
  std::int64_t read_ = 0, written_ = 0;  // samples per channel
  std::uint64_t repaired_ = 0;
};

Status check_model(const ModelSpec& spec) {
  if (auto fits = check_enhances(spec); !fits) return fits;
  if (spec.memory == Memory::windowed)
    return Error{ErrorCode::unsupported, "model " + spec.name +
                                             " looks at whole recordings and cannot stream; "
                                             "`limpid enhance` takes files"};
  return Done{};
}

// "TYPE:RATE:CHANNELS"; nullopt where nothing was given.
Result<std::optional<io::AudioFormat>> parse_raw(const std::string& text) {
  if (text.empty()) return std::optional<io::AudioFormat>();
  if (const auto parts = split(text, ':'); parts.size() == 3) {
    const int rate = whole_number(parts[1], kMaxRawRate);
    const int channels = whole_number(parts[2], kMaxChannels);
    const auto format = io::headerless(parts[0], rate, channels);
    if (format && rate > 0 && channels > 0) return format;
  }
  return Error{ErrorCode::invalid_argument,
               fmt::format("--raw {}: expected TYPE:RATE:CHANNELS like s16:48000:1; types are s16, "
                           "s24, s32 and f32, rates up to {} Hz, channels up to {}",
                           text, kMaxRawRate, kMaxChannels)};
}

Result<Pipe> open(const Arguments& a) {
  auto raw = parse_raw(a.raw);
  if (!raw) return std::move(raw).error();
  auto model = models::load(a.model);
  if (!model) return std::move(model).error();
  const ModelSpec& spec = (*model)->spec();
  if (auto fits = check_model(spec); !fits) return std::move(fits).error();
  auto reader = io::PipeReader::open(kStandardInput, *raw);
  if (!reader) return std::move(reader).error();
  watch_interrupt();  // not before: nothing has come yet that could be lost
  watch_hangup();
  end_input_when_interrupted(reader->descriptor());
  io::AudioFormat format = reader->format();
  auto heard = choose_channels(spec, a.channels, format.channels);
  if (!heard) return Error{heard.error().code, "standard input: " + heard.error().message};
  const int channels = static_cast<int>(heard->size());
  auto stream =
      FileStream::open(*model, format.sample_rate, channels,
                       {.attenuation_limit_db = a.attenuation_limit_db, .frames_per_call = 1});
  if (!stream) return std::move(stream).error();
  format.channels = stream->outputs();
  auto writer = io::PipeWriter::open(kStandardOutput, format, raw->has_value());
  if (!writer) return std::move(writer).error();
  return Pipe(*std::move(reader), *std::move(heard), *std::move(stream), *std::move(writer));
}

int run(const Arguments& arguments) {
  if (stdin_is_terminal() || stdout_is_terminal()) {
    complain(
        "audio comes from standard input and goes to standard output, and one of them is a "
        "terminal");
    return kUsage;
  }
  auto pipe = open(arguments);
  if (!pipe) return refuse(pipe.error());
  const auto done = pipe->run();
  for (const std::string& notice : pipe->notices()) complain(notice);
  if (!done && !pipe->output_is_unwanted()) {
    complain(done.error().message);
    return kFailed;
  }
  return interrupted() ? kInterrupted : kOk;
}

}  // namespace

void add_pipe(CLI::App& app, int& status) {
  auto a = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand(
      "pipe", "Enhance a stream, from standard input to standard output, as it comes");
  add_model(*command, a->model);
  add_channel_options(*command, a->channels);
  add_attenuation_limit(*command, a->attenuation_limit_db);
  command
      ->add_option("--raw", a->raw,
                   "Samples without a header, in and out: s16:48000:1 are 16 bits, 48 kHz, one "
                   "channel (default: what a header says, and out comes WAV)")
      ->type_name("TYPE:RATE:CHANNELS");
  command->callback([a, &status] { status = run(*a); });
}

}  // namespace limpid::cli
