// SPDX-License-Identifier: MIT
#include "examples/limpid/file_stream.h"

#include <algorithm>

namespace limpid::cli {
namespace {

constexpr int kFramesPerCall = 16;  // a file may wait: longer matrix products are cheaper per hop

}  // namespace

FileStream::FileStream(streaming::StreamProcessor processor, int channels)
    : processor_(std::move(processor)), channels_(channels), to_drop_(processor_.latency()) {}

Result<FileStream> FileStream::open(std::shared_ptr<const Model> model, int sample_rate,
                                    int channels, float attenuation_limit_db) {
  const bool native = model->format(sample_rate).ok();
  const int model_rate = native ? sample_rate : model->spec().sample_rate;
  auto processor = streaming::StreamProcessor::open(std::move(model),
                                                    {.sample_rate = model_rate,
                                                     .channels = channels,
                                                     .attenuation_limit_db = attenuation_limit_db,
                                                     .frames_per_call = kFramesPerCall});
  if (!processor) return std::move(processor).error();
  FileStream stream(*std::move(processor), channels);
  if (native) return stream;
  auto in = dsp::Resampler::create(sample_rate, model_rate, channels);
  if (!in) return std::move(in).error();
  auto out = dsp::Resampler::create(model_rate, sample_rate, channels);
  if (!out) return std::move(out).error();
  stream.in_ = *std::move(in);
  stream.out_ = *std::move(out);
  return stream;
}

AudioView<const float> FileStream::enhance(AudioView<const float> in) {
  const std::ptrdiff_t count = in.extent(1);
  enhanced_.resize(static_cast<std::size_t>(channels_ * count));
  const AudioView<float> out(enhanced_.data(), {channels_, count});
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
  std::vector<float> tail;  // whatever the resampler still holds, then silence to flush the model
  std::ptrdiff_t held = 0;
  const std::ptrdiff_t latency = processor_.latency();
  AudioView<const float> rest;
  if (resamples()) {
    auto last = in_->process({nullptr, {channels_, 0}}, true);
    if (!last) return last;
    rest = *last;
    held = rest.extent(1);
  }
  tail.resize(static_cast<std::size_t>(channels_ * (held + latency)));
  const AudioView<float> padded(tail.data(), {channels_, held + latency});
  for (int c = 0; c < channels_; ++c)
    if (held > 0) std::copy_n(rest[c].data(), held, padded[c].data());
  const AudioView<const float> enhanced = enhance(padded);
  if (!resamples()) return enhanced;
  return out_->process(enhanced, true);
}

}  // namespace limpid::cli
