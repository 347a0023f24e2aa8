// SPDX-License-Identifier: MIT
// FileWork: what lies between an open recording and a whole output file, whatever is done to the
// audio in between.
#pragma once

#include <functional>

#include "examples/limpid/file_job.h"

namespace limpid::cli {

class FileWork {
 public:
  // `heard`: channels of the recording, in the order in which they are wanted. `longer`: samples
  // that the output goes on for after the recording's end.
  FileWork(io::AudioReader& reader, std::vector<int> heard, io::AudioWriter& writer,
           const Advance& advance, FileResult& result, std::int64_t longer = 0);

  int channels() const noexcept { return channels_; }  // heard
  int sample_rate() const noexcept { return reader_.format().sample_rate; }
  bool cancelled() const noexcept { return result_.outcome == Outcome::cancelled; }
  double seconds_read() const noexcept { return static_cast<double>(read_) / sample_rate(); }

  // The next block, finite and metered, valid until the next call; empty at the end.
  Result<AudioView<const float>> next();
  // Of the output, never more than it is to be long: resampling there and back may gain a sample.
  Status emit(AudioView<const float> audio);
  // Fills up what is missing, or nothing if cancelled.
  Status finish();

 private:
  io::AudioReader& reader_;
  std::vector<int> heard_;
  io::AudioWriter& writer_;
  const Advance& advance_;
  FileResult& result_;
  LevelComparison meter_;
  int channels_;
  std::int64_t longer_;
  Tensor<float, 2> buffer_, picked_;     // [channel of the file or of those heard][a block]
  std::int64_t read_ = 0, written_ = 0;  // samples per channel
};

// The output of a job with so many channels, in the format that result.output_format then tells,
// with the metadata of the recording; a notice says what of it cannot be kept. Expects
// result.input_format.
Result<io::AudioWriter> create_output(const FileJob& job, const io::AudioReader& recording,
                                      int channels, FileResult& result);

// Times `work`, turns what it returns or throws into the result's outcome, adds notices.
FileResult run_file_job(const FileJob& job, const std::function<Status(FileResult&)>& work);

}  // namespace limpid::cli
