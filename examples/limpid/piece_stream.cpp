// SPDX-License-Identifier: MIT
#include "examples/limpid/piece_stream.h"

#include <algorithm>
#include <thread>

#include "streaming/stream_processor.h"

namespace limpid::cli {

PieceStream::PieceStream(std::shared_ptr<const Model> model, Config config)
    : model_(std::move(model)),
      config_(std::move(config)),
      format_(*model_->format(config_.sample_rate)),
      latency_(format_.latency + format_.hop - 1),
      call_(std::ptrdiff_t{config_.frames_per_call} * format_.hop),
      full_(config_.pieces.settle + config_.pieces.at_once * config_.pieces.length),
      audio_({config_.channels, full_ + latency_ + call_}),
      enhanced_({config_.channels / model_->spec().input_channels * model_->spec().output_channels,
                 audio_.extent(1)}),
      voice_(config_.channels / model_->spec().input_channels) {}

Status PieceStream::push(AudioView<const float> in) {
  for (std::ptrdiff_t taken = 0, part = 0; taken < in.extent(1); taken += part) {
    if (held_ == full_)
      if (auto status = run(false); !status || stopped_) return status;
    part = std::min(full_ - held_, in.extent(1) - taken);
    for (std::ptrdiff_t c = 0; c < in.extent(0); ++c)
      std::copy_n(in[c].data() + taken, part, audio_.view()[c].data() + held_);
    held_ += part;
  }
  return Done{};
}

Status PieceStream::finish() {
  return run(true);
}

// A stream's output trails its input. The pieces' outputs are put one behind the other as they are;
// the latency is cut off the recording's front, and silence flushes it out of its end.
Status PieceStream::run(bool last) {
  const auto [settle, length, at_once] = config_.pieces;
  const std::ptrdiff_t end = last ? held_ + latency_ : held_;
  const std::ptrdiff_t pieces = (held_ - settle + length - 1) / length;
  const int count = static_cast<int>(std::clamp<std::ptrdiff_t>(pieces, 1, at_once));
  for (std::ptrdiff_t c = 0; c < audio_.extent(0); ++c)
    std::ranges::fill(audio_.view()[c].span().subspan(static_cast<std::size_t>(held_)), 0.0f);
  std::vector<VoiceFrames> voices(static_cast<std::size_t>(count), VoiceFrames(voice_.channels()));
  {
    const auto piece = [&](int i) { enhance(range(i, count, last), voices[std::size_t(i)]); };
    std::vector<std::jthread> others;
    for (int i = 1; i < count; ++i) others.emplace_back(piece, i);
    piece(0);
  }
  if (thrown_) std::rethrow_exception(thrown_);
  if (problem_) return *problem_;
  if (stopped_) return Done{};
  for (const VoiceFrames& voice : voices) voice_.add(voice);
  const std::ptrdiff_t begin = first_ ? latency_ : settle;
  auto status = config_.emit(enhanced_.view().slice(1, begin, end - begin));
  if (!last) forget_all_but_the_end();
  return status;
}

// What is before the recording's first piece is wanted as well. The last one goes on to the end of
// a call: others may share the session, and would have to wait for the rest.
PieceStream::Range PieceStream::range(int piece, int count, bool last) const noexcept {
  const std::ptrdiff_t begin = piece * config_.pieces.length;
  const std::ptrdiff_t kept = begin + config_.pieces.settle;
  const std::ptrdiff_t wanted_from = first_ && piece == 0 ? 0 : kept;
  if (!last || piece + 1 < count) return {begin, wanted_from, kept + config_.pieces.length};
  const std::ptrdiff_t calls = (held_ + latency_ - begin + call_ - 1) / call_;
  return {begin, wanted_from, begin + calls * call_};
}

void PieceStream::enhance(const Range& range, VoiceFrames& voice) noexcept {
  Status status = Done{};
  std::exception_ptr thrown;
  try {
    status = go_through(range, voice);
  } catch (...) {  // out of memory
    thrown = std::current_exception();
  }
  if (status && !thrown) return;
  halt_ = true;
  const std::lock_guard lock(mutex_);
  if (problem_ || thrown_) return;
  if (!status) problem_ = std::move(status).error();
  thrown_ = thrown;
}

Status PieceStream::go_through(const Range& range, VoiceFrames& voice) {
  bool kept = false;
  auto stream = streaming::StreamProcessor::open(
      model_, {.sample_rate = config_.sample_rate,
               .channels = voice_.channels(),
               .attenuation_limit_db = config_.attenuation_limit_db,
               .frames_per_call = config_.frames_per_call,
               .on_voice = [&](auto probabilities) {
                 if (kept && config_.voice) voice.add(probabilities);
               }});
  if (!stream) return std::move(stream).error();
  Tensor<float, 2> unwanted({enhanced_.extent(0), call_});
  for (std::ptrdiff_t at = range.begin, part = 0; at < range.end && !halt_; at += part) {
    kept = at >= range.kept;
    part = std::min(call_, (kept ? range.end : range.kept) - at);
    stream->process(audio_.view().slice(1, at, part),
                    kept ? enhanced_.view().slice(1, at, part) : unwanted.view().slice(1, 0, part));
    if (const Error* failure = stream->failure()) return *failure;
    const std::ptrdiff_t heard = kept ? std::clamp<std::ptrdiff_t>(held_ - at, 0, part) : 0;
    if (!config_.advance(static_cast<double>(heard) / config_.sample_rate)) stopped_ = halt_ = true;
  }
  return Done{};
}

// The next piece's stream hears it first.
void PieceStream::forget_all_but_the_end() {
  const std::ptrdiff_t settle = config_.pieces.settle;
  for (std::ptrdiff_t c = 0; c < audio_.extent(0); ++c) {
    float* samples = audio_.view()[c].data();
    std::copy_n(samples + held_ - settle, settle, samples);
  }
  held_ = settle;
  first_ = false;
}

}  // namespace limpid::cli
