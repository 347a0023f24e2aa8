// SPDX-License-Identifier: MIT
#include "streaming/live_worker.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace limpid::streaming {

LiveWorker::LiveWorker(StreamProcessor stream, DuplexQueue& queue, int sample_rate, int max_backlog)
    : stream_(std::move(stream)),
      queue_(queue),
      rate_(sample_rate),
      max_backlog_(max_backlog),
      in_({stream_.inputs(), stream_.format().hop}),
      out_({stream_.outputs(), stream_.format().hop}),
      before_(sample_rate),
      after_(sample_rate) {}

namespace {
LIMPID_REALTIME_TRUSTED_BEGIN  // a counter that the kernel shows to every process
auto now() LIMPID_REALTIME {
  return std::chrono::steady_clock::now();
}
LIMPID_REALTIME_TRUSTED_END
}  // namespace

bool LiveWorker::run_once() LIMPID_REALTIME {
  const std::int64_t head = queue_.captured.head();
  if (head == position_) return false;
  const auto count = clamp_count(head - position_, in_.extent(1));
  auto in = in_.view().slice(1, 0, count);
  auto out = out_.view().slice(1, 0, count);
  if (head - position_ > max_backlog_ || !queue_.captured.read(position_, in)) {
    skip_to(head);
    return true;
  }
  const auto begin = now();
  stream_.process(in, out);
  position_ += count;
  publish(out);
  measure_load(std::chrono::duration<double>(now() - begin).count(), count);
  before_.add(in);
  after_.add(out);
  return true;
}

// Old input is worth nothing any more: its time to be played has passed. The model keeps what it
// has learnt about voice and noise; the output that mixes both sides of the gap is what publish()
// drops.
void LiveWorker::skip_to(std::int64_t position) LIMPID_REALTIME {
  dropped_.add(position - position_);
  position_ = first_ = position;
  queue_.enhanced.jump(position);
}

// The last sample of `enhanced` belongs to position_ - 1 - latency. What lies before the start, or
// before the end of a gap, comes out of the stream first and belongs nowhere.
void LiveWorker::publish(AudioView<const float> enhanced) LIMPID_REALTIME {
  const auto count = enhanced.extent(1);
  const std::int64_t begin = position_ - stream_.latency() - count;
  const auto early = clamp_count(first_ - begin, count);
  queue_.enhanced.write(enhanced.slice(1, early, count - early));
  repaired_.add(static_cast<std::int64_t>(stream_.repaired()) - repaired_.value());
}

// The network runs once a hop: that is the unit in which load makes sense.
void LiveWorker::measure_load(double seconds, std::ptrdiff_t count) LIMPID_REALTIME {
  busy_ += seconds;
  in_load_ += count;
  if (in_load_ < stream_.format().hop) return;
  load_.add(static_cast<float>(busy_ * rate_ / static_cast<double>(in_load_)));
  busy_ = 0.0;
  in_load_ = 0;
}

float LiveWorker::reduction_db() const noexcept {
  return std::max(before_.rms_db() - after_.rms_db(), 0.0f);
}

}  // namespace limpid::streaming
