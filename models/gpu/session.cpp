// SPDX-License-Identifier: MIT
#include "models/gpu/session.h"

#include <algorithm>

#include "lib/kernels/cuda/backend.h"
#include "lib/kernels/elementwise.h"
#include "models/mask_session.h"

namespace limpid::models {

Result<GpuSession::Queue> GpuSession::open_queue(int gpu) {
  auto device = kernels::cuda::open_device(gpu);
  if (!device) return device.error();
  return (*device)->open_layers();
}

Result<std::unique_ptr<Session>> GpuSession::open(const StreamFormat& format,
                                                  const SessionConfig& config,
                                                  const MakeEngine& make) {
  auto queue = open_queue(config.gpu);
  if (!queue) return queue.error();
  return open(*std::move(queue), format, config, make);
}

Result<std::unique_ptr<Session>> GpuSession::open(Queue queue, const StreamFormat& format,
                                                  const SessionConfig& config,
                                                  const MakeEngine& make) {
  std::unique_ptr<GpuSession> session(new GpuSession(std::move(queue), format, config));
  if (auto done = session->open_engine(make); !done) return done.error();
  return std::unique_ptr<Session>(std::move(session));
}

Result<std::unique_ptr<Session>> GpuSession::open(const MaskTraits& traits,
                                                  const SessionConfig& config,
                                                  const GpuMaskEngine::MakeMaker& make) {
  auto queue = open_queue(config.gpu);
  if (!queue) return queue.error();
  return open(*std::move(queue), traits, config, make);
}

Result<std::unique_ptr<Session>> GpuSession::open(Queue queue, const MaskTraits& traits,
                                                  const SessionConfig& config,
                                                  const GpuMaskEngine::MakeMaker& make) {
  const dsp::StftSpec stft = mask_stft(traits, config.sample_rate);
  return open(std::move(queue), mask_format(traits, config.sample_rate), config,
              [&](kernels::cuda::LayerQueue& on, int lanes,
                  int max_frames) -> Result<std::unique_ptr<GpuEngine>> {
                auto stream = GpuMaskEngine::open(on, traits, stft, lanes, max_frames, make);
                if (!stream) return stream.error();
                return std::unique_ptr<GpuEngine>(*std::move(stream));
              });
}

GpuSession::GpuSession(Queue queue, const StreamFormat& format, const SessionConfig& config)
    : format_(format),
      lanes_(config.lanes),
      max_frames_(config.max_frames),
      tile_(std::min(config.max_frames, kTile)),
      queue_(std::move(queue)) {}

// What is enqueued for a full tile is recorded; shorter ones are enqueued piece by piece.
Status GpuSession::open_engine(const MakeEngine& make) {
  auto opened = make(*queue_, lanes_, tile_);
  if (!opened) return opened.error();
  engine_ = *std::move(opened);
  const auto frames = static_cast<std::size_t>(lanes_) * static_cast<std::size_t>(tile_);
  const auto samples = frames * static_cast<std::size_t>(format_.hop);
  auto in = queue_->claim_host(samples * static_cast<std::size_t>(engine_->input().channels));
  if (!in) return in.error();
  auto out = queue_->claim_host(samples);
  if (!out) return out.error();
  host_in_ = *in;
  host_out_ = *out;
  if (engine_->voice().data != nullptr) {
    auto voice = queue_->claim_host(frames);
    if (!voice) return voice.error();
    host_voice_ = *voice;
    voice_.resize(static_cast<std::size_t>(lanes_) * static_cast<std::size_t>(max_frames_));
  }
  if (auto done = queue_->finish(); !done) return done;
  return queue_->record([this] { return enqueue(tile_); });
}

Status GpuSession::enqueue(int frames) {
  const std::ptrdiff_t samples = std::ptrdiff_t{frames} * format_.hop;
  const GpuEngine::Audio in = engine_->input(), out = engine_->output(), voice = engine_->voice();
  auto done = queue_->upload(in.data, in.pitch, host_in_, samples, in.channels * lanes_);
  if (done) done = engine_->run(frames);
  if (done) done = queue_->download(host_out_, out.data, out.pitch, samples, lanes_);
  if (done && host_voice_ != nullptr)
    done = queue_->download(host_voice_, voice.data, voice.pitch, frames, lanes_);
  if (done) done = engine_->shift_history(frames);
  return done;
}

LIMPID_REALTIME_TRUSTED_BEGIN  // waits for the card: for threads of a program, not of a sound card
void GpuSession::process(AudioView<const float> in, AudioView<float> out) LIMPID_REALTIME {
  const int frames = static_cast<int>(in.extent(1)) / format_.hop;
  for (int first = 0; first < frames; first += tile_) process_tile(in, out, first, frames);
  if (host_voice_ != nullptr)
    voice_now_ = {voice_.data(),
                  static_cast<std::size_t>(lanes_) * static_cast<std::size_t>(frames)};
}

void GpuSession::process_tile(AudioView<const float> in, AudioView<float> out, int first,
                              int calls_frames) LIMPID_REALTIME {
  const int frames = std::min(tile_, calls_frames - first), hop = format_.hop;
  const std::ptrdiff_t samples = std::ptrdiff_t{frames} * hop, begin = std::ptrdiff_t{first} * hop;
  const int channels = engine_->input().channels;
  for (int row = 0; row < lanes_ * channels; ++row)
    repaired_ += kernels::repair(in[row].data() + begin, samples,
                                 host_in_ + (row % channels * lanes_ + row / channels) * samples);
  if (status_) status_ = frames == tile_ ? queue_->replay() : enqueue(frames);
  if (status_) status_ = queue_->finish();
  for (int lane = 0; lane < lanes_; ++lane) {
    float* to = out[lane].data() + begin;
    if (status_)
      std::copy_n(host_out_ + lane * samples, samples, to);
    else
      std::fill_n(to, samples, 0.0f);
    if (host_voice_ == nullptr) continue;
    float* voice = voice_.data() + std::ptrdiff_t{lane} * calls_frames + first;
    if (status_)
      std::copy_n(host_voice_ + std::ptrdiff_t{lane} * frames, frames, voice);
    else
      std::fill_n(voice, frames, 0.0f);
  }
}

void GpuSession::reset() LIMPID_REALTIME {
  if (status_) status_ = engine_->restart(0, lanes_);
  voice_now_ = {};
}

bool GpuSession::restart(int lane) LIMPID_REALTIME {
  if (status_) status_ = engine_->restart(lane, 1);
  return true;
}
LIMPID_REALTIME_TRUSTED_END

std::size_t GpuSession::memory() const noexcept {
  const auto samples =
      static_cast<std::size_t>(lanes_) * static_cast<std::size_t>(tile_ * format_.hop);
  const auto channels = static_cast<std::size_t>(engine_->input().channels + 1);
  return sizeof(*this) + queue_->claimed() + channels * samples * sizeof(float);
}

}  // namespace limpid::models
