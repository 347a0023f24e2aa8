// SPDX-License-Identifier: MIT
#include "examples/limpid/file_stream.h"

#include <algorithm>
#include <utility>

namespace limpid::cli {
FileStream::FileStream(streaming::StreamProcessor processor, const FileStreamSettings& settings)
    : processor_(std::move(processor)),
      whole_calls_(settings.whole_calls),
      waiting_({processor_.inputs(),
                std::ptrdiff_t{settings.frames_per_call} * processor_.format().hop}),
      to_drop_(processor_.latency()) {}

Result<FileStream> FileStream::open(std::shared_ptr<const Model> model, int sample_rate,
                                    int channels, FileStreamSettings settings) {
  const ModelSpec& spec = model->spec();
  const int lanes = channels / spec.input_channels;
  const int model_rate = std::clamp(sample_rate, spec.min_rate, spec.max_rate);
  const bool native = model_rate == sample_rate;
  auto processor = streaming::StreamProcessor::open(
      model, {.sample_rate = model_rate,
              .channels = lanes,
              .attenuation_limit_db = settings.attenuation_limit_db,
              .frames_per_call = settings.frames_per_call,
              .on_voice = std::move(settings.on_voice)});
  if (!processor) return std::move(processor).error();
  FileStream stream(*std::move(processor), settings);
  if (native) return stream;
  auto in = dsp::Resampler::create(sample_rate, model_rate, channels);
  if (!in) return std::move(in).error();
  auto out = dsp::Resampler::create(model_rate, sample_rate, lanes * spec.output_channels);
  if (!out) return std::move(out).error();
  stream.in_ = *std::move(in);
  stream.out_ = *std::move(out);
  return stream;
}

// As many whole calls as there are; at the end, the rest as well.
Result<AudioView<const float>> FileStream::enhance(AudioView<const float> in, bool last) {
  const std::ptrdiff_t call = waiting_.extent(1), all = held_ + in.extent(1);
  const std::ptrdiff_t count = last ? all : all / call * call;
  enhanced_.resize(static_cast<std::size_t>(processor_.outputs() * count));
  const AudioView<float> out(enhanced_.data(), {processor_.outputs(), count});
  std::ptrdiff_t made = 0;
  const auto run = [&] {
    processor_.process(waiting_.view().slice(1, 0, held_), out.slice(1, made, held_));
    made += std::exchange(held_, 0);
  };
  for (std::ptrdiff_t taken = 0, part = 0; taken < in.extent(1); taken += part) {
    part = std::min(call - held_, in.extent(1) - taken);
    for (std::ptrdiff_t c = 0; c < in.extent(0); ++c)
      std::copy_n(in[c].data() + taken, part, waiting_.view()[c].data() + held_);
    held_ += part;
    if (held_ == call) run();
  }
  if (last && held_ > 0) run();
  if (const Error* failure = processor_.failure()) return *failure;
  const std::ptrdiff_t dropped = std::min(to_drop_, count);
  to_drop_ -= dropped;
  return AudioView<const float>(out.slice(1, dropped, count - dropped));
}

Result<AudioView<const float>> FileStream::push(AudioView<const float> in) {
  if (!resamples()) return enhance(in, false);
  auto at_model_rate = in_->process(in, false);
  if (!at_model_rate) return at_model_rate;
  auto enhanced = enhance(*at_model_rate, false);
  if (!enhanced) return enhanced;
  return out_->process(*enhanced, false);
}

Result<AudioView<const float>> FileStream::finish() {
  const int channels = processor_.inputs();
  AudioView<const float> held(nullptr, {channels, 0});  // by the resampler, to keep its alignment
  if (resamples()) {
    auto last = in_->process(held, true);
    if (!last) return last;
    held = *last;
  }
  std::ptrdiff_t length = held.extent(1) + processor_.latency();  // silence flushes
  const std::ptrdiff_t call = waiting_.extent(1), beyond = (held_ + length) % call;
  if (whole_calls_ && beyond > 0) length += call - beyond;
  Tensor<float, 2> tail({channels, length});
  for (int c = 0; c < channels; ++c)
    std::copy_n(held[c].data(), held.extent(1), tail.view()[c].data());
  auto enhanced = enhance(tail.view(), true);
  if (!enhanced || !resamples()) return enhanced;
  return out_->process(*enhanced, true);
}

}  // namespace limpid::cli
