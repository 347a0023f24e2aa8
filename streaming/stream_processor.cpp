// SPDX-License-Identifier: MIT
#include "streaming/stream_processor.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/float_mode.h"
#include "lib/base/no_memory.h"
#include "streaming/delay_line.h"
#include "streaming/dry_source.h"
#include "streaming/fade.h"
#include "streaming/voice_track.h"

namespace limpid::streaming {
namespace {

constexpr double kFadeSeconds = 0.010;
constexpr int kMaxChannels = 64, kMaxChannelsOfGpu = 1 << 16;
constexpr int kMaxFrames = 1 << 12;

float dry_share(float limit_db) noexcept {
  return limit_db > 0.0f ? std::pow(10.0f, -limit_db / 20.0f) : 0.0f;
}

Status check(const Model* model, const StreamConfig& config) {
  const auto bad = [](std::string message) {
    return Error{ErrorCode::invalid_argument, std::move(message)};
  };
  if (model == nullptr) return bad("no model given");
  const int most = config.gpu < 0 ? kMaxChannels : kMaxChannelsOfGpu;
  if (config.channels < 1 || config.channels > most)
    return bad("channels is " + std::to_string(config.channels) + ", expected 1.." +
               std::to_string(most));
  if (config.frames_per_call < 1 || config.frames_per_call > kMaxFrames)
    return bad("frames_per_call is " + std::to_string(config.frames_per_call) + ", expected 1.." +
               std::to_string(kMaxFrames));
  if (model->spec().memory == Memory::windowed)
    return Error{ErrorCode::unsupported,
                 "model " + model->spec().name + " looks at whole recordings and cannot stream"};
  return Done{};
}

}  // namespace

// Samples wait in `input` until a hop is complete; the session's output waits in `wet` until as
// many samples have come in. Both start at their row's beginning after every call of the session.
struct StreamProcessor::State {
  State(std::shared_ptr<const Model> model_, std::unique_ptr<Session> session_,
        const StreamConfig& config)
      : model(std::move(model_)),
        session(std::move(session_)),
        hop(session->format().hop),
        latency(session->format().latency + hop - 1),
        rows_in(config.channels * model->spec().input_channels),
        rows_out(config.channels * model->spec().output_channels),
        capacity(std::ptrdiff_t{hop} * config.frames_per_call),
        input({rows_in, capacity}),
        wet({rows_out, hop - 1 + capacity}),
        dry({rows_out, capacity}),
        share(static_cast<std::size_t>(capacity)),
        delays(static_cast<std::size_t>(rows_out), DelayLine(latency)),
        fade(static_cast<int>(std::lround(kFadeSeconds * config.sample_rate))),
        voice(*model, config, hop) {
    limit_share = dry_share(config.attenuation_limit_db);
    reset();
  }

  void reset() LIMPID_REALTIME {
    session->reset();
    for (auto& delay : delays) delay.reset();
    for (int row = 0; row < rows_out; ++row) std::ranges::fill(wet.view()[row].span(), 0.0f);
    held = 0;
    wet_begin = 0;
    wet_end = hop - 1;
    voice.reset();
    fade.jump(target());
  }

  bool restart(int channel) LIMPID_REALTIME {
    const int ins = model->spec().input_channels, outs = model->spec().output_channels;
    if (channel < 0 || channel >= rows_in / ins || !session->restart(channel)) return false;
    for (int row = channel * ins; row < (channel + 1) * ins; ++row)
      std::ranges::fill(input.view()[row].span(), 0.0f);
    for (int row = channel * outs; row < (channel + 1) * outs; ++row) {
      std::ranges::fill(wet.view()[row].span(), 0.0f);
      delays[static_cast<std::size_t>(row)].reset();
    }
    voice.restart(channel);
    return true;
  }

  float target() const noexcept {
    return bypass.load(std::memory_order_relaxed) ? 1.0f
                                                  : limit_share.load(std::memory_order_relaxed);
  }

  // At most capacity - held samples.
  void step(AudioView<const float> in, AudioView<float> out) LIMPID_REALTIME {
    const auto count = in.extent(1);
    take(in);
    if (held >= hop) run_session();
    for (std::ptrdiff_t t = 0; t < count; ++t) share[static_cast<std::size_t>(t)] = fade.next();
    for (int row = 0; row < rows_out; ++row) mix(row, out[row].span());
    wet_begin += count;
  }

  // Non-finite samples are removed here, so that neither path ever sees them.
  void take(AudioView<const float> in) LIMPID_REALTIME {
    const auto count = in.extent(1);
    for (int row = 0; row < rows_in; ++row) {
      const auto from = in[row];
      auto to = input.view()[row].slice(0, held, count);
      for (std::ptrdiff_t t = 0; t < count; ++t) {
        const bool finite = std::isfinite(from[t]);
        to[t] = finite ? from[t] : 0.0f;
        bad_samples += !finite;
      }
    }
    for (int row = 0; row < rows_out; ++row) {
      const int source = dry_source(model->spec(), row);
      delays[static_cast<std::size_t>(row)].process(
          input.view()[source].slice(0, held, count).span(),
          dry.view()[row].slice(0, 0, count).span());
    }
    held += count;
  }

  void run_session() LIMPID_REALTIME {
    const auto whole = held / hop * hop;
    move_to_front(wet.view(), wet_begin, wet_end - wet_begin);
    wet_end -= std::exchange(wet_begin, 0);
    session->process(input.view().slice(1, 0, whole), wet.view().slice(1, wet_end, whole));
    voice.add(session->voice_activity(), wet_end);
    wet_end += whole;
    held -= whole;
    move_to_front(input.view(), whole, held);
  }

  static void move_to_front(AudioView<float> rows, std::ptrdiff_t begin,
                            std::ptrdiff_t count) LIMPID_REALTIME {
    for (std::ptrdiff_t row = 0; row < rows.extent(0); ++row) {
      float* data = rows[row].data();
      std::copy(data + begin, data + begin + count, data);  // to the left: overlap is fine
    }
  }

  void mix(int row, std::span<float> out) LIMPID_REALTIME {
    const auto from = wet.view()[row];
    const auto unprocessed = dry.view()[row];
    for (std::size_t t = 0; t < out.size(); ++t) {
      const auto i = static_cast<std::ptrdiff_t>(t);
      out[t] = from[wet_begin + i] * (1.0f - share[t]) + unprocessed[i] * share[t];
    }
  }

  std::shared_ptr<const Model> model;
  std::unique_ptr<Session> session;
  int hop, latency, rows_in, rows_out;
  std::ptrdiff_t capacity;   // samples the session takes at once
  Tensor<float, 2> input;    // [rows_in][capacity], the first `held` are waiting
  Tensor<float, 2> wet;      // [rows_out][hop - 1 + capacity], [wet_begin, wet_end) are waiting
  Tensor<float, 2> dry;      // [rows_out][capacity], aligned with the wet samples going out
  std::vector<float> share;  // [capacity], of the dry signal in the output
  std::vector<DelayLine> delays;
  Fade fade;
  VoiceTrack voice;
  std::ptrdiff_t held = 0, wet_begin = 0, wet_end = 0;
  std::uint64_t bad_samples = 0;
  std::atomic<bool> bypass = false;
  std::atomic<float> limit_share = 0.0f;
};

Result<StreamProcessor> StreamProcessor::open(std::shared_ptr<const Model> model,
                                              const StreamConfig& config) {
  if (auto status = check(model.get(), config); !status) return status.error();
  auto session = model->open({.sample_rate = config.sample_rate,
                              .lanes = config.channels,
                              .max_frames = config.frames_per_call,
                              .gpu = config.gpu,
                              .gpu_arithmetic = config.gpu_arithmetic});
  if (!session) return session.error();
  return unless_out_of_memory([&]() -> Result<StreamProcessor> {
    return StreamProcessor(std::make_unique<State>(std::move(model), *std::move(session), config));
  });
}

StreamProcessor::StreamProcessor(std::unique_ptr<State> state) noexcept
    : state_(std::move(state)) {}
StreamProcessor::StreamProcessor(StreamProcessor&&) noexcept = default;
StreamProcessor& StreamProcessor::operator=(StreamProcessor&&) noexcept = default;
StreamProcessor::~StreamProcessor() = default;

void StreamProcessor::process(AudioView<const float> in, AudioView<float> out) LIMPID_REALTIME {
  const FlushDenormals flush;
  state_->fade.aim(state_->target());
  for (std::ptrdiff_t done = 0, count = 0; done < in.extent(1); done += count) {
    count = std::min(in.extent(1) - done, state_->capacity - state_->held);
    state_->step(in.slice(1, done, count), out.slice(1, done, count));
  }
  state_->voice.publish(state_->wet_begin);
}

void StreamProcessor::reset() LIMPID_REALTIME {
  state_->reset();
}
bool StreamProcessor::restart(int channel) LIMPID_REALTIME {
  return state_->restart(channel);
}
int StreamProcessor::hop() const noexcept {
  return state_->hop;
}
int StreamProcessor::latency() const LIMPID_REALTIME {
  return state_->latency;
}
int StreamProcessor::inputs() const noexcept {
  return state_->rows_in;
}
int StreamProcessor::outputs() const noexcept {
  return state_->rows_out;
}

void StreamProcessor::set_bypass(bool bypass) noexcept {
  state_->bypass.store(bypass, std::memory_order_relaxed);
}
void StreamProcessor::set_attenuation_limit(float db) noexcept {
  state_->limit_share.store(dry_share(db), std::memory_order_relaxed);
}

float StreamProcessor::voice_activity(int channel) const noexcept {
  return state_->voice.now(channel);
}

std::uint64_t StreamProcessor::repaired() const LIMPID_REALTIME {
  return state_->bad_samples;
}
const Error* StreamProcessor::failure() const noexcept {
  return state_->session->failure();
}
const StreamFormat& StreamProcessor::format() const LIMPID_REALTIME {
  return state_->session->format();
}

}  // namespace limpid::streaming
