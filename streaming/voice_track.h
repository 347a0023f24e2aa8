// SPDX-License-Identifier: MIT
// VoiceTrack: which of the probabilities that a session reports, one a hop, goes with the sample
// that a stream gives out now. The stream gives samples out later than the session makes them.
#pragma once

#include <algorithm>
#include <atomic>
#include <functional>
#include <span>
#include <vector>

#include "lib/base/realtime.h"
#include "lib/model/model.h"
#include "streaming/stream_processor.h"

namespace limpid::streaming {

class VoiceTrack {
 public:
  VoiceTrack(const Model& model, const StreamConfig& config, int hop)
      : detects_(model.spec().voice_activity),
        channels_(static_cast<std::size_t>(config.channels)),
        stride_(static_cast<std::size_t>(config.frames_per_call) + 1),
        hop_(hop),
        on_voice_(config.on_voice),
        found_(channels_ * stride_),
        now_(channels_) {}

  void reset() LIMPID_REALTIME {
    std::ranges::fill(found_, 0.0f);
    for (auto& now : now_) now.store(detects_ ? 0.0f : -1.0f, std::memory_order_relaxed);
    frames_ = 0;
    older_ = hop_ - 1;
  }

  // One channel has heard nothing yet.
  void restart(int channel) LIMPID_REALTIME {
    const auto c = static_cast<std::size_t>(channel);
    std::fill_n(found_.begin() + static_cast<std::ptrdiff_t>(c * stride_), stride_, 0.0f);
    now_[c].store(detects_ ? 0.0f : -1.0f, std::memory_order_relaxed);
  }

  // The session has run: probabilities [channel][frame] of the hops that follow `older` samples,
  // fewer than a hop, which still wait from the run before.
  void add(std::span<const float> found, std::ptrdiff_t older) LIMPID_REALTIME {
    if (!detects_) return;
    const std::size_t frames = found.size() / channels_;
    for (std::size_t c = 0; c < channels_; ++c) {
      float* row = found_.data() + c * stride_;
      row[0] = row[frames_];
      std::copy_n(found.data() + c * frames, frames, row + 1);
    }
    frames_ = frames;
    older_ = older;
    LIMPID_REALTIME_TRUSTED_BEGIN  // whoever gave the function knows which thread calls it
    if (on_voice_) on_voice_(found);
    LIMPID_REALTIME_TRUSTED_END
  }

  // `given` samples have gone out since that run.
  void publish(std::ptrdiff_t given) LIMPID_REALTIME {
    if (!detects_ || given == 0) return;
    const std::ptrdiff_t last = given - 1 - older_;
    const std::size_t frame = last < 0 ? 0 : 1 + static_cast<std::size_t>(last / hop_);
    for (std::size_t c = 0; c < channels_; ++c)
      now_[c].store(found_[c * stride_ + frame], std::memory_order_relaxed);
  }

  float now(int channel) const noexcept {  // [any thread]
    const auto c = static_cast<std::size_t>(channel);
    return channel >= 0 && c < channels_ ? now_[c].load(std::memory_order_relaxed) : -1.0f;
  }

 private:
  bool detects_;
  std::size_t channels_, stride_;
  std::ptrdiff_t hop_;
  std::function<void(std::span<const float>)> on_voice_;
  std::vector<float> found_;  // [channel][stride]: the last hop of the run before, then this run's
  std::vector<std::atomic<float>> now_;
  std::size_t frames_ = 0;    // of the latest run
  std::ptrdiff_t older_ = 0;  // samples that go out before its first
};

}  // namespace limpid::streaming
