// SPDX-License-Identifier: MIT
#include "streaming/live_stream.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "lib/base/float_mode.h"

namespace limpid::streaming {
namespace {

constexpr double kFadeSeconds = 0.0025;
constexpr double kBacklogSeconds = 0.25;  // beyond this a worker does not catch up politely
constexpr double kHistorySeconds = 1.0;   // how long it may be stuck before input is overwritten

int samples(double seconds, int rate) {
  return static_cast<int>(std::lround(seconds * rate));
}

}  // namespace

// When a hop is complete, the worker has `slack` samples of time before its first sample must be in
// the queue; LateMixer wants it `fade` samples earlier than it is played, DriftResampler kTaps.
LiveTiming live_timing(const DeviceFormat& device, int stream_latency, int hop, double deadline) {
  const int rate = device.sample_rate;
  const int slack = std::max(device.block, deadline > 0.0 ? samples(deadline, rate) : hop);
  LiveTiming timing;
  timing.fade = std::max(samples(kFadeSeconds, rate), 1);
  timing.latency = stream_latency + slack + timing.fade;
  if (!device.one_clock) timing.latency += DriftResampler::kTaps;
  timing.max_backlog = std::max(samples(kBacklogSeconds, rate), 2 * timing.latency);
  timing.capacity = timing.latency + timing.max_backlog + samples(kHistorySeconds, rate);
  return timing;
}

LiveStream::LiveStream(StreamProcessor stream, std::vector<int> dry_sources,
                       const DeviceFormat& device, const LiveTiming& timing)
    : rate_(device.sample_rate),
      queue_(stream.inputs(), stream.outputs(), timing.capacity),
      worker_(std::move(stream), queue_, rate_, timing.max_backlog),
      playback_(queue_, std::move(dry_sources),
                {.sample_rate = rate_,
                 .latency = timing.latency,
                 .max_block = device.block,
                 .fade = timing.fade,
                 .one_clock = device.one_clock}),
      input_level_(rate_),
      output_level_(rate_) {}

void LiveStream::on_capture(AudioView<const float> in, double time) LIMPID_REALTIME {
  const FlushDenormals flush;
  const auto used = in.slice(0, 0, queue_.captured.rows());
  queue_.captured.write(used);
  queue_.capture_epoch.store(time - static_cast<double>(queue_.captured.head()) / rate_,
                             std::memory_order_relaxed);
  input_level_.add(used);
}

void LiveStream::on_playback(AudioView<float> out, double time) LIMPID_REALTIME {
  const FlushDenormals flush;
  playback_.render(out, time);
  output_level_.add(out);
  played_.add(out.extent(1));
}

}  // namespace limpid::streaming
