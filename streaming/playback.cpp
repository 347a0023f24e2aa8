// SPDX-License-Identifier: MIT
#include "streaming/playback.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace limpid::streaming {
namespace {

// Beyond this the stock is not steered any more but corrected at once.
constexpr double kMaxErrorSeconds = 0.010;

}  // namespace

Playback::Playback(const DuplexQueue& queue, std::vector<int> sources, const PlaybackConfig& config)
    : queue_(queue),
      config_(config),
      mixer_(queue, std::move(sources), config.fade,
             static_cast<int>(DriftResampler::most_needed(config.max_block))),
      control_(config.sample_rate),
      resampler_(mixer_.rows(), config.max_block),
      aligned_({mixer_.rows(), DriftResampler::most_needed(config.max_block)}),
      played_({mixer_.rows(), config.max_block}),
      presence_(config.fade, 0.0f),
      next_(std::numeric_limits<std::int64_t>::min()) {}

void Playback::render(AudioView<float> out, double time) LIMPID_REALTIME {
  double now = captured(time, out.extent(1));
  for (std::ptrdiff_t done = 0, count = 0; done < out.extent(1); done += count) {
    count = std::min<std::ptrdiff_t>(out.extent(1) - done, config_.max_block);
    render_part(out.slice(1, done, count), now);
    now += static_cast<double>(count);
  }
}

// How many samples had been captured when the device asked for the sample it wants next. With two
// clocks the answer grows with time, not in steps of a block, but not beyond what a capture
// callback could still bring; a block is taken off because its samples are only here when it is
// full. NaN before the first block.
double Playback::captured(double time, std::ptrdiff_t count) const LIMPID_REALTIME {
  const auto head = static_cast<double>(queue_.captured.head());
  if (config_.one_clock) return head - static_cast<double>(count);
  const double epoch = queue_.capture_epoch.load(std::memory_order_relaxed);
  const double block = config_.max_block;
  const double by_time = (time - epoch) * config_.sample_rate;
  return std::isfinite(by_time) ? std::min(by_time, head + 2.0 * block) - block : by_time;
}

void Playback::render_part(AudioView<float> out, double now) LIMPID_REALTIME {
  const auto count = out.extent(1);
  if (interrupted_ && presence_.value() == 0.0f && !resume(now)) {
    for (std::ptrdiff_t row = 0; row < out.extent(0); ++row)
      std::ranges::fill(out[row].span(), 0.0f);
    return;
  }
  const double step = steer(now - playing() - config_.latency, count);
  if (!interrupted_ && in_trouble(count, step)) {
    interrupted_ = true;
    interruptions_.add();
    presence_.aim(0.0f);
  }
  play(out, step);
}

double Playback::playing() const LIMPID_REALTIME {
  return static_cast<double>(next_) + (config_.one_clock ? 0.0 : resampler_.offset());
}

double Playback::steer(double error, std::ptrdiff_t count) LIMPID_REALTIME {
  double speed = 0.0;
  if (!config_.one_clock) {
    speed = control_.update(error, static_cast<double>(count) / config_.sample_rate);
    error = control_.smooth_error();
    drift_ppm_.store(control_.drift() * 1e6, std::memory_order_relaxed);
  }
  stock_error_.store(error, std::memory_order_relaxed);
  return 1.0 + speed;
}

// The stock is too far off, or input will end before a fade-out that starts after this block.
bool Playback::in_trouble(std::ptrdiff_t count, double step) const LIMPID_REALTIME {
  const double most = config_.one_clock ? 0.0 : kMaxErrorSeconds * config_.sample_rate;
  return next_ + resampler_.needed(count, step) + config_.fade > queue_.captured.head() ||
         std::abs(stock_error()) > most;
}

// Goes on where playback ought to be by now, if that is not before what has been played already.
bool Playback::resume(double now) LIMPID_REALTIME {
  if (!std::isfinite(now)) return false;
  const double offset = config_.one_clock ? 0.0 : -DriftResampler::kOffset;
  const auto next = static_cast<std::int64_t>(std::floor(now - config_.latency + offset));
  if (next < next_) return false;
  next_ = next;
  if (!config_.one_clock) {
    auto before = aligned_.view().slice(1, 0, DriftResampler::kTaps);
    mixer_.read(next_ - DriftResampler::kTaps, before);
    resampler_.start(before);
  }
  control_.forget_error();
  interrupted_ = false;
  presence_.aim(1.0f);
  return true;
}

void Playback::play(AudioView<float> out, double step) LIMPID_REALTIME {
  const auto count = out.extent(1);
  const auto taken = config_.one_clock ? count : resampler_.needed(count, step);
  auto played = played_.view().slice(1, 0, count);
  auto aligned = config_.one_clock ? played : aligned_.view().slice(1, 0, taken);
  mixer_.read(next_, aligned);
  next_ += taken;
  if (!config_.one_clock) resampler_.process(aligned, step, played);
  for (std::ptrdiff_t t = 0; t < count; ++t) {
    const float presence = presence_.next();
    for (std::ptrdiff_t row = 0; row < played.extent(0); ++row) played[row][t] *= presence;
  }
  for (std::ptrdiff_t row = 0; row < out.extent(0); ++row)
    std::ranges::copy(played[std::min(row, played.extent(0) - 1)].span(), out[row].data());
}

}  // namespace limpid::streaming
