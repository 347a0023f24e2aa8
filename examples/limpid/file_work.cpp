// SPDX-License-Identifier: MIT
#include "examples/limpid/file_work.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <exception>

#include "examples/limpid/folders.h"
#include "examples/limpid/samples.h"

namespace limpid::cli {
namespace {

constexpr std::ptrdiff_t kBlock = 16384;  // samples per channel between reader and writer

}  // namespace

FileWork::FileWork(io::AudioReader& reader, std::vector<int> heard, io::AudioWriter& writer,
                   const Advance& advance, FileResult& result, std::int64_t longer)
    : reader_(reader),
      heard_(std::move(heard)),
      writer_(writer),
      advance_(advance),
      result_(result),
      meter_(reader.format().sample_rate),
      channels_(static_cast<int>(heard_.size())),
      longer_(longer),
      buffer_({reader.format().channels, kBlock}),
      picked_({channels_, kBlock}) {}

Result<AudioView<const float>> FileWork::next() {
  auto count = reader_.read(buffer_.view());
  if (!count) return std::move(count).error();
  const AudioView<float> block = picked_.view().slice(1, 0, *count);
  result_.repaired += take_channels(buffer_.view(), heard_, block);
  meter_.before(block.slice(0, 0, std::min(channels_, result_.output_format.channels)));
  read_ += *count;
  if (!advance_(static_cast<double>(*count) / sample_rate())) result_.outcome = Outcome::cancelled;
  return AudioView<const float>(block);
}

Status FileWork::emit(AudioView<const float> audio) {
  const auto count = std::min<std::int64_t>(audio.extent(1), read_ + longer_ - written_);
  const AudioView<const float> part = audio.slice(1, 0, count);
  meter_.after(part);
  written_ += count;
  return writer_.write(part);
}

Status FileWork::finish() {
  if (cancelled()) return Done{};
  if (written_ < read_) {  // resampling may also lose a sample
    const Tensor<float, 2> silence({result_.output_format.channels, read_ - written_});
    if (auto status = emit(silence.view()); !status) return status;
  }
  result_.audio_seconds = seconds_read();
  result_.levels = meter_.levels();
  result_.clipped = writer_.clipped();
  return writer_.commit();
}

Result<io::AudioWriter> create_output(const FileJob& job, const io::AudioReader& recording,
                                      int channels, FileResult& result) {
  // The plan's format would play it at another speed.
  if (job.input_format.code != 0 && job.input_format != result.input_format)
    return Error{ErrorCode::bad_format,
                 fmt::format("{} was replaced meanwhile: found {}, expected {}", job.input.string(),
                             result.input_format.describe(), job.input_format.describe())};
  result.output_format = job.output_format.code == 0 ? result.input_format : job.output_format;
  result.output_format.channels = channels;
  if (auto made = make_folder_of(job.output); !made) return std::move(made).error();
  auto writer = io::AudioWriter::create(job.output, result.output_format, &recording.metadata());
  if (!writer) return writer;
  if (auto fits = writer->expect(recording.frames()); !fits) return std::move(fits).error();
  result.output_format = writer->format();
  if (!writer->not_kept().empty())
    result.notices.push_back("the output does not keep: " + writer->not_kept());
  return writer;
}

FileResult run_file_job(const FileJob& job, const std::function<Status(FileResult&)>& work) {
  const auto start = std::chrono::steady_clock::now();
  FileResult result;
  result.job = job;
  const auto fail = [&](std::string message) {
    result.outcome = Outcome::failed;
    result.error = std::move(message);
  };
  try {
    if (!job.notice.empty()) result.notices.push_back(job.notice);
    if (auto status = work(result); !status) fail(status.error().message);
  } catch (const std::exception& problem) {  // out of memory, or a file system that throws
    fail(fmt::format("{}: {}", job.input.string(), problem.what()));
  }
  for (std::string& notice :
       notices_of(result.repaired, result.clipped, result.output_format.loudest()))
    result.notices.push_back(std::move(notice));
  result.wall_seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return result;
}

}  // namespace limpid::cli
