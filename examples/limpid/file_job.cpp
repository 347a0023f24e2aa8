// SPDX-License-Identifier: MIT
#include "examples/limpid/file_job.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <exception>
#include <span>

#include "examples/limpid/exact.h"
#include "examples/limpid/file_stream.h"

namespace limpid::cli {
namespace {

constexpr std::ptrdiff_t kBlock = 16384;  // samples per channel between reader and writer

// NaN and infinity are silence, before a resampler can smear them.
std::uint64_t silence_non_finite(AudioView<float> samples) {
  std::uint64_t repaired = 0;
  for (std::ptrdiff_t c = 0; c < samples.extent(0); ++c)
    for (float& value : samples[c].span())
      if (!std::isfinite(value)) {
        value = 0;
        ++repaired;
      }
  return repaired;
}

// Leaves `share` of the recording in what the model made of it.
void keep_some(AudioView<const float> recording, float share, AudioView<float> enhanced) {
  for (std::ptrdiff_t c = 0; c < enhanced.extent(0); ++c)
    for (std::ptrdiff_t i = 0; i < enhanced.extent(1); ++i) {
      float& sample = enhanced[c].data()[i];
      sample += share * (recording[c][i] - sample);
    }
}

// What happens between an open reader and a whole output file.
class Work {
 public:
  // `channels` of the recording are heard, in that order.
  Work(io::AudioReader& reader, std::vector<int> channels, io::AudioWriter& writer,
       const Advance& advance, FileResult& result)
      : reader_(reader),
        heard_(std::move(channels)),
        writer_(writer),
        advance_(advance),
        result_(result),
        meter_(reader.format().sample_rate),
        channels_(static_cast<int>(heard_.size())),
        buffer_({reader.format().channels, kBlock}),
        picked_({channels_, kBlock}) {}

  Status stream(const EnhanceSettings& settings) {
    VoiceFrames voice(channels_ / settings.model->spec().input_channels);
    auto chain = FileStream::open(settings.model, reader_.format().sample_rate, channels_,
                                  settings.attenuation_limit_db, [&](auto probabilities) {
                                    if (settings.voice) voice.add(probabilities);
                                  });
    if (!chain) return std::move(chain).error();
    if (chain->resamples()) note_resampling(chain->model_rate());
    while (true) {
      auto block = next();
      if (!block) return std::move(block).error();
      const bool last = block->extent(1) == 0;
      auto enhanced = last ? chain->finish() : chain->push(*block);
      if (!enhanced) return std::move(enhanced).error();
      if (auto status = emit(*enhanced); !status) return status;
      if (!last && !cancelled()) continue;
      if (settings.voice) result_.voice = std::move(voice).of_file(chain->format(), seconds_read());
      return finish();
    }
  }

  Status exact(const EnhanceSettings& settings) {
    auto whole = read_whole();
    if (!whole) return std::move(whole).error();
    if (cancelled()) return finish();
    const int rate = reader_.format().sample_rate;
    if (rate != settings.model->spec().sample_rate)
      note_resampling(settings.model->spec().sample_rate);
    auto enhanced = enhance_exactly(*settings.model, whole->view(), rate, settings.threads);
    if (!enhanced) return std::move(enhanced).error();
    if (settings.attenuation_limit_db > 0)
      keep_some(whole->view(), std::pow(10.0f, -settings.attenuation_limit_db / 20),
                enhanced->view());
    if (auto status = emit(enhanced->view()); !status) return status;
    return finish();
  }

 private:
  bool cancelled() const { return result_.outcome == Outcome::cancelled; }
  double seconds_read() const { return static_cast<double>(read_) / reader_.format().sample_rate; }

  void note_resampling(int model_rate) {
    result_.notices.push_back(fmt::format("resampled to {} Hz for the model and back", model_rate));
  }

  Result<AudioView<const float>> next() {
    auto count = reader_.read(buffer_.view());
    if (!count) return std::move(count).error();
    const AudioView<float> block = picked_.view().slice(1, 0, *count);
    for (std::ptrdiff_t c = 0; c < block.extent(0); ++c)
      std::copy_n(buffer_.view()[heard_[static_cast<std::size_t>(c)]].data(), *count,
                  block[c].data());
    result_.repaired += silence_non_finite(block);
    meter_.before(block.slice(0, 0, std::min(channels_, result_.output_format.channels)));
    read_ += *count;
    if (!advance_(static_cast<double>(*count) / reader_.format().sample_rate))
      result_.outcome = Outcome::cancelled;
    return AudioView<const float>(block);
  }

  Result<Tensor<float, 2>> read_whole() {
    std::vector<std::vector<float>> parts(static_cast<std::size_t>(channels_));
    while (true) {
      auto block = next();
      if (!block) return std::move(block).error();
      if (block->extent(1) == 0 || cancelled()) break;
      for (int c = 0; c < channels_; ++c) {
        const auto part = (*block)[c].span();
        auto& channel = parts[static_cast<std::size_t>(c)];
        channel.insert(channel.end(), part.begin(), part.end());
      }
    }
    Tensor<float, 2> whole({channels_, std::ssize(parts.front())});
    for (int c = 0; c < channels_; ++c) {
      std::ranges::copy(parts[static_cast<std::size_t>(c)], whole.view()[c].data());
      parts[static_cast<std::size_t>(c)] = {};
    }
    return whole;
  }

  // Never more than was read: resampling there and back may gain a sample.
  Status emit(AudioView<const float> enhanced) {
    const auto count = std::min<std::int64_t>(enhanced.extent(1), read_ - written_);
    const AudioView<const float> part = enhanced.slice(1, 0, count);
    meter_.after(part);
    written_ += count;
    return writer_.write(part);
  }

  Status finish() {
    if (cancelled()) return Done{};
    if (written_ < read_) {  // or lose one
      const Tensor<float, 2> silence({result_.output_format.channels, read_ - written_});
      if (auto status = emit(silence.view()); !status) return status;
    }
    result_.audio_seconds = seconds_read();
    result_.levels = meter_.levels();
    result_.clipped = writer_.clipped();
    return writer_.commit();
  }

  io::AudioReader& reader_;
  std::vector<int> heard_;  // channels of the file, in the order of the model's microphones
  io::AudioWriter& writer_;
  const Advance& advance_;
  FileResult& result_;
  LevelMeter meter_;
  int channels_;
  Tensor<float, 2> buffer_, picked_;     // [channel of the file or of those heard][kBlock]
  std::int64_t read_ = 0, written_ = 0;  // samples per channel
};

Status run(const FileJob& job, const EnhanceSettings& settings, const Advance& advance,
           FileResult& result) {
  auto reader = io::AudioReader::open(job.input);
  if (!reader) return std::move(reader).error();
  result.input_format = reader->format();
  result.output_format = job.output_format.code == 0 ? reader->format() : job.output_format;
  const ModelSpec& spec = settings.model->spec();
  auto heard = choose_channels(spec, settings.channels, reader->format().channels);
  if (!heard) return Error{heard.error().code, job.input.string() + ": " + heard.error().message};
  const auto lanes = static_cast<int>(heard->size()) / spec.input_channels;
  result.output_format.channels = lanes * spec.output_channels;
  std::error_code ignored;  // the writer says it better
  if (job.output.has_parent_path())
    std::filesystem::create_directories(job.output.parent_path(), ignored);
  auto writer = io::AudioWriter::create(job.output, result.output_format);
  if (!writer) return std::move(writer).error();
  Work work(*reader, *std::move(heard), *writer, advance, result);
  const bool whole = settings.exact || settings.model->spec().memory == Memory::windowed;
  return whole ? work.exact(settings) : work.stream(settings);
}

}  // namespace

FileResult enhance_file(const FileJob& job, const EnhanceSettings& settings,
                        const Advance& advance) {
  const auto start = std::chrono::steady_clock::now();
  FileResult result;
  result.job = job;
  const auto fail = [&](std::string message) {
    result.outcome = Outcome::failed;
    result.error = std::move(message);
  };
  try {
    if (!job.notice.empty()) result.notices.push_back(job.notice);
    if (auto status = run(job, settings, advance, result); !status) fail(status.error().message);
  } catch (const std::exception& problem) {  // out of memory, or a file system that throws
    fail(fmt::format("{}: {}", job.input.string(), problem.what()));
  }
  if (result.repaired > 0)
    result.notices.push_back(
        fmt::format("{} samples were not numbers (NaN or infinity) and were "
                    "taken as silence",
                    result.repaired));
  if (result.clipped > 0)
    result.notices.push_back(
        fmt::format("{} samples beyond full scale were clipped", result.clipped));
  result.wall_seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return result;
}

}  // namespace limpid::cli
