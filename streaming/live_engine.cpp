// SPDX-License-Identifier: MIT
#include "streaming/live_engine.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "lib/base/no_memory.h"
#include "streaming/dry_source.h"
#include "streaming/live_stream.h"
#include "streaming/prompt_thread.h"

namespace limpid::streaming {
namespace {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

// Notices that a number does not change any more.
class Watchdog {
 public:
  Seconds still_for(std::int64_t number, Clock::time_point now) {
    if (std::exchange(number_, number) != number) since_ = now;
    return now - since_;
  }

 private:
  std::int64_t number_ = -1;
  Clock::time_point since_;
};

Status check(const Model* model, const AudioDevice* device, const LiveConfig& config) {
  const auto bad = [](std::string message) {
    return Error{ErrorCode::invalid_argument, std::move(message)};
  };
  if (model == nullptr || device == nullptr) return bad("live: no model or no device given");
  const int wanted = config.channels * model->spec().input_channels;
  if (device->format().inputs < wanted)
    return bad("live: model " + model->spec().name + " needs " + std::to_string(wanted) +
               " input channels, " + device->describe() + " has " +
               std::to_string(device->format().inputs));
  if (!(config.deadline_seconds >= 0.0 && config.deadline_seconds <= 1.0))
    return bad("live: the deadline is " + std::to_string(config.deadline_seconds) +
               " s, expected 0..1 s");
  return Done{};
}

}  // namespace

struct LiveEngine::State {
  // For the device as it is now: one that was lost may have come back as another. May throw
  // std::bad_alloc, as make_stream() may.
  Result<StreamProcessor> open_stream() {
    if (auto status = check(model.get(), device.get(), config); !status) return status.error();
    auto stream =
        StreamProcessor::open(model, {.sample_rate = device->format().sample_rate,
                                      .channels = config.channels,
                                      .attenuation_limit_db = config.attenuation_limit_db});
    if (!stream) return stream;
    const StreamFormat& format = stream->format();
    timing = live_timing(device->format(), stream->latency(), format.hop, config.deadline_seconds);
    hop_seconds = static_cast<double>(format.hop) / format.sample_rate;
    return stream;
  }

  Result<std::unique_ptr<LiveStream>> make_stream() {
    auto stream = open_stream();
    if (!stream) return stream.error();
    stream->set_bypass(bypass);
    std::vector<int> sources(static_cast<std::size_t>(stream->outputs()));
    for (int row = 0; row < stream->outputs(); ++row)
      sources[static_cast<std::size_t>(row)] = dry_source(model->spec(), row);
    return std::make_unique<LiveStream>(*std::move(stream), std::move(sources), device->format(),
                                        timing);
  }

  // The callback never wakes the worker: that would be a system call, and one more thing that can
  // take long. The worker looks by itself, often enough to lose an eighth of a hop at most.
  void work() {
    PromptThread worker;
    const Seconds poll_interval(std::clamp(hop_seconds / 8.0, 0.0002, 0.002));
    Watchdog capture, playback;
    while (running.load(std::memory_order_acquire)) {
      if (live->worker().run_once()) continue;
      const auto now = Clock::now();
      const auto still = std::max(capture.still_for(live->captured(), now),
                                  playback.still_for(live->played(), now));
      if (still.count() > config.lost_after_seconds) live->on_lost();
      worker.sleep(poll_interval);
    }
  }

  std::shared_ptr<const Model> model;
  std::unique_ptr<AudioDevice> device;
  LiveConfig config;
  LiveTiming timing;
  double hop_seconds = 0.0;
  bool bypass = false;
  std::unique_ptr<LiveStream> live;
  std::atomic<bool> running = false;
  std::thread thread;
};

Result<std::unique_ptr<LiveEngine>> LiveEngine::open(std::shared_ptr<const Model> model,
                                                     std::unique_ptr<AudioDevice> device,
                                                     const LiveConfig& config) {
  return unless_out_of_memory([&]() -> Result<std::unique_ptr<LiveEngine>> {
    auto state = std::make_unique<State>();
    state->model = std::move(model);
    state->device = std::move(device);
    state->config = config;
    auto stream = state->open_stream();
    if (!stream) return stream.error();
    return std::unique_ptr<LiveEngine>(new LiveEngine(std::move(state)));
  });
}

LiveEngine::LiveEngine(std::unique_ptr<State> state) noexcept : state_(std::move(state)) {}
LiveEngine::~LiveEngine() {
  stop();
}

// The last stream stays, with its statistics, until the new one is heard.
Status LiveEngine::start() {
  stop();
  auto started = unless_out_of_memory([&state = *state_]() -> Status {
    if (auto status = state.device->prepare(); !status) return status;
    auto live = state.make_stream();
    if (!live) return live.error();
    if (auto status = state.device->start(**live); !status) return status;
    state.live = *std::move(live);
    state.running = true;
    if (!state.config.own_thread) return Done{};
    try {
      state.thread = std::thread([&state] { state.work(); });
    } catch (const std::system_error& problem) {
      return Error{ErrorCode::device,
                   std::string("live: cannot start a thread: ") + problem.what()};
    }
    return Done{};
  });
  if (!started) stop();
  return started;
}

void LiveEngine::stop() {
  state_->device->stop();
  state_->running.store(false, std::memory_order_release);
  if (state_->thread.joinable()) state_->thread.join();
}

void LiveEngine::set_bypass(bool bypass) noexcept {
  state_->bypass = bypass;
  if (state_->live) state_->live->worker().stream().set_bypass(bypass);
}

LiveStats LiveEngine::stats() const noexcept {
  LiveStats stats;
  if (!state_->live) return stats;
  const LiveStream& live = *state_->live;
  const double rate = live.sample_rate();
  stats.state = live.lost()              ? LiveState::lost
                : state_->running.load() ? LiveState::running
                                         : LiveState::stopped;
  stats.seconds = static_cast<double>(live.captured()) / rate;
  stats.input_rms_db = live.input_level().rms_db();
  stats.input_peak_db = live.input_level().peak_db();
  stats.output_rms_db = live.output_level().rms_db();
  stats.output_peak_db = live.output_level().peak_db();
  stats.reduction_db = live.worker().reduction_db();
  stats.load_median = live.worker().load().median();
  stats.load_max = live.worker().load().max();
  stats.late_events = live.playback().mixer().late_events();
  stats.late_seconds = static_cast<double>(live.playback().mixer().late_samples()) / rate;
  stats.dropped_seconds = static_cast<double>(live.worker().dropped()) / rate;
  stats.interruptions = live.playback().interruptions();
  stats.device_xruns = live.xruns();
  stats.drift_ppm = live.playback().drift_ppm();
  stats.repaired = live.worker().repaired();
  return stats;
}

int LiveEngine::latency() const noexcept {
  return state_->timing.latency;
}
AudioDevice& LiveEngine::device() noexcept {
  return *state_->device;
}

bool LiveEngine::run_worker() LIMPID_REALTIME {
  return state_->live && state_->live->worker().run_once();
}

}  // namespace limpid::streaming
