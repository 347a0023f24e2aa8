// SPDX-License-Identifier: MIT
#include "examples/limpid/file_job.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "examples/limpid/exact.h"
#include "examples/limpid/file_stream.h"
#include "examples/limpid/file_work.h"
#include "examples/limpid/piece_stream.h"

namespace limpid::cli {
namespace {

// Leaves `share` of the recording in what the model made of it.
void keep_some(AudioView<const float> recording, float share, AudioView<float> enhanced) {
  for (std::ptrdiff_t c = 0; c < enhanced.extent(0); ++c)
    for (std::ptrdiff_t i = 0; i < enhanced.extent(1); ++i) {
      float& sample = enhanced[c].data()[i];
      sample += share * (recording[c][i] - sample);
    }
}

class Work : FileWork {
 public:
  Work(io::AudioReader& reader, std::vector<int> channels, io::AudioWriter& writer,
       const Advance& advance, FileResult& result)
      : FileWork(reader, std::move(channels), writer, advance, result), result_(result) {}

  Status stream(const EnhanceSettings& settings) {
    VoiceFrames voice(channels() / settings.model->spec().input_channels);
    auto chain = FileStream::open(settings.model, sample_rate(), channels(),
                                  {.attenuation_limit_db = settings.attenuation_limit_db,
                                   .frames_per_call = settings.frames_per_call,
                                   .whole_calls = settings.shared,
                                   .on_voice = [&](auto probabilities) {
                                     if (settings.voice) voice.add(probabilities);
                                   }});
    if (!chain) return std::move(chain).error();
    if (chain->resamples()) note_resampling(chain->model_rate());
    auto done = each_block([&](AudioView<const float> block, bool last) -> Status {
      auto enhanced = last ? chain->finish() : chain->push(block);
      if (!enhanced) return std::move(enhanced).error();
      return emit(*enhanced);
    });
    if (!done) return done;
    if (settings.voice) result_.voice = std::move(voice).of_file(chain->format(), seconds_read());
    return finish();
  }

  // `advance` is told of what has been enhanced: whole rounds of pieces are read in no time.
  Status in_pieces(const EnhanceSettings& settings, const Pieces& pieces, const Advance& advance) {
    PieceStream stream(settings.model, {.sample_rate = sample_rate(),
                                        .channels = channels(),
                                        .attenuation_limit_db = settings.attenuation_limit_db,
                                        .frames_per_call = settings.frames_per_call,
                                        .voice = settings.voice,
                                        .pieces = pieces,
                                        .advance = advance,
                                        .emit = [&](auto audio) { return emit(audio); }});
    auto done = each_block([&](AudioView<const float> block, bool last) {
      auto status = last ? stream.finish() : stream.push(block);
      if (stream.stopped()) result_.outcome = Outcome::cancelled;
      return status;
    });
    if (!done) return done;
    if (settings.voice)
      result_.voice = std::move(stream).voice().of_file(stream.format(), seconds_read());
    return finish();
  }

  Status exact(const EnhanceSettings& settings) {
    auto whole = read_whole();
    if (!whole) return std::move(whole).error();
    if (cancelled()) return finish();
    const int rate = sample_rate();
    if (rate != settings.model->spec().sample_rate)
      note_resampling(settings.model->spec().sample_rate);
    std::unique_ptr<ExactSession> own;
    if (settings.whole == nullptr) {
      auto session = settings.model->open_exact({.threads = settings.threads});
      if (!session) return std::move(session).error();
      own = *std::move(session);
    }
    auto enhanced = enhance_exactly(own != nullptr ? *own : *settings.whole, settings.model->spec(),
                                    whole->view(), rate);
    if (!enhanced) return std::move(enhanced).error();
    if (settings.attenuation_limit_db > 0)
      keep_some(whole->view(), std::pow(10.0f, -settings.attenuation_limit_db / 20),
                enhanced->view());
    if (auto status = emit(enhanced->view()); !status) return status;
    return finish();
  }

 private:
  // Every block of the recording through `pass`, then, as the last one, nothing; or no more of them
  // once the job is cancelled.
  Status each_block(const std::function<Status(AudioView<const float> block, bool last)>& pass) {
    while (true) {
      auto block = next();
      if (!block) return std::move(block).error();
      const bool last = block->extent(1) == 0;
      if (auto status = pass(*block, last); !status) return status;
      if (last || cancelled()) return Done{};
    }
  }

  void note_resampling(int model_rate) {
    result_.notices.push_back(fmt::format("resampled to {} Hz for the model and back", model_rate));
  }

  Result<Tensor<float, 2>> read_whole() {
    std::vector<std::vector<float>> parts(static_cast<std::size_t>(channels()));
    auto done = each_block([&](AudioView<const float> block, bool) -> Status {
      for (int c = 0; c < channels(); ++c) {
        const auto part = block[c].span();
        auto& channel = parts[static_cast<std::size_t>(c)];
        channel.insert(channel.end(), part.begin(), part.end());
      }
      return Done{};
    });
    if (!done) return std::move(done).error();
    Tensor<float, 2> whole({channels(), std::ssize(parts.front())});
    for (int c = 0; c < channels(); ++c) {
      std::ranges::copy(parts[static_cast<std::size_t>(c)], whole.view()[c].data());
      parts[static_cast<std::size_t>(c)] = {};
    }
    return whole;
  }

  FileResult& result_;
};

Status run(const FileJob& job, const EnhanceSettings& settings, const Advance& advance,
           FileResult& result) {
  auto reader = io::AudioReader::open(job.input);
  if (!reader) return std::move(reader).error();
  result.input_format = reader->format();
  const ModelSpec& spec = settings.model->spec();
  auto heard = choose_channels(spec, settings.channels, reader->format().channels);
  if (!heard) return Error{heard.error().code, job.input.string() + ": " + heard.error().message};
  const auto lanes = static_cast<int>(heard->size()) / spec.input_channels;
  auto writer = create_output(job, *reader, lanes * spec.output_channels, result);
  if (!writer) return std::move(writer).error();
  const auto channels = static_cast<int>(heard->size());
  const Pieces pieces = plan_pieces(*settings.model, reader->format().sample_rate, reader->frames(),
                                    channels, settings.threads);
  const bool cut = pieces.any() && !settings.takes_whole_files();
  const Advance reading = [&](double seconds) { return advance(cut ? 0 : seconds); };
  Work work(*reader, *std::move(heard), *writer, reading, result);
  if (cut) return work.in_pieces(settings, pieces, advance);
  return settings.takes_whole_files() ? work.exact(settings) : work.stream(settings);
}

}  // namespace

FileResult enhance_file(const FileJob& job, const EnhanceSettings& settings,
                        const Advance& advance) {
  return run_file_job(job, [&](FileResult& result) { return run(job, settings, advance, result); });
}

}  // namespace limpid::cli
