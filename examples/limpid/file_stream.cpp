// SPDX-License-Identifier: MIT
#include "examples/limpid/file_stream.h"

#include <algorithm>
#include <utility>

namespace limpid::cli {
namespace {

constexpr int kFramesPerCall = 16;  // a file may wait: longer matrix products are cheaper per hop

}  // namespace

FileStream::FileStream(streaming::StreamProcessor processor)
    : processor_(std::move(processor)), to_drop_(processor_.latency()) {}

Result<FileStream> FileStream::open(std::shared_ptr<const Model> model, int sample_rate,
                                    int channels, float attenuation_limit_db,
                                    std::function<void(std::span<const float>)> on_voice) {
  const ModelSpec& spec = model->spec();
  const int lanes = channels / spec.input_channels;
  const bool native = model->format(sample_rate).ok();
  const int model_rate = native ? sample_rate : spec.sample_rate;
  auto processor =
      streaming::StreamProcessor::open(model, {.sample_rate = model_rate,
                                               .channels = lanes,
                                               .attenuation_limit_db = attenuation_limit_db,
                                               .frames_per_call = kFramesPerCall,
                                               .on_voice = std::move(on_voice)});
  if (!processor) return std::move(processor).error();
  FileStream stream(*std::move(processor));
  if (native) return stream;
  auto in = dsp::Resampler::create(sample_rate, model_rate, channels);
  if (!in) return std::move(in).error();
  auto out = dsp::Resampler::create(model_rate, sample_rate, lanes * spec.output_channels);
  if (!out) return std::move(out).error();
  stream.in_ = *std::move(in);
  stream.out_ = *std::move(out);
  return stream;
}

AudioView<const float> FileStream::enhance(AudioView<const float> in) {
  const std::ptrdiff_t count = in.extent(1);
  enhanced_.resize(static_cast<std::size_t>(processor_.outputs() * count));
  const AudioView<float> out(enhanced_.data(), {processor_.outputs(), count});
  processor_.process(in, out);
  const std::ptrdiff_t dropped = std::min(to_drop_, count);
  to_drop_ -= dropped;
  return out.slice(1, dropped, count - dropped);
}

Result<AudioView<const float>> FileStream::push(AudioView<const float> in) {
  if (!resamples()) return enhance(in);
  auto at_model_rate = in_->process(in, false);
  if (!at_model_rate) return at_model_rate;
  return out_->process(enhance(*at_model_rate), false);
}

Result<AudioView<const float>> FileStream::finish() {
  const int channels = processor_.inputs();
  AudioView<const float> held(nullptr, {channels, 0});  // by the resampler, to keep its alignment
  if (resamples()) {
    auto last = in_->process(held, true);
    if (!last) return last;
    held = *last;
  }
  Tensor<float, 2> tail({channels, held.extent(1) + processor_.latency()});  // silence flushes
  for (int c = 0; c < channels; ++c)
    std::copy_n(held[c].data(), held.extent(1), tail.view()[c].data());
  const AudioView<const float> enhanced = enhance(tail.view());
  if (!resamples()) return enhanced;
  return out_->process(enhanced, true);
}

}  // namespace limpid::cli
