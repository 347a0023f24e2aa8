// SPDX-License-Identifier: MIT
// VoiceFrames: what a model tells of speech while a file streams through it, as frames of the file.
#pragma once

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "lib/model/model.h"

namespace limpid::cli {

struct VoiceActivity {
  double frame_seconds = 0;                     // 0: nobody asked
  std::vector<std::vector<float>> probability;  // [channel][frame]; the first begins with the file
};

class VoiceFrames {
 public:
  explicit VoiceFrames(int channels) : found_(static_cast<std::size_t>(channels)) {}

  // [channel][frame], as Session::voice_activity() has it.
  void add(std::span<const float> probabilities) {
    const std::size_t frames = probabilities.size() / found_.size();
    for (std::size_t c = 0; c < found_.size(); ++c) {
      const auto part = probabilities.subspan(c * frames, frames);
      found_[c].insert(found_[c].end(), part.begin(), part.end());
    }
  }

  void add(const VoiceFrames& next) {
    for (std::size_t c = 0; c < found_.size(); ++c)
      found_[c].insert(found_[c].end(), next.found_[c].begin(), next.found_[c].end());
  }

  int channels() const noexcept { return static_cast<int>(found_.size()); }

  // Without the hops that the model's latency puts before the file and its flushing behind it.
  VoiceActivity of_file(const StreamFormat& format, double seconds) && {
    const double hop = static_cast<double>(format.hop) / format.sample_rate;
    const auto before = static_cast<std::ptrdiff_t>(std::lround(1.0 * format.latency / format.hop));
    const auto frames = static_cast<std::size_t>(std::ceil(seconds / hop - 1e-6));
    for (auto& channel : found_) {
      channel.erase(channel.begin(), channel.begin() + std::min(before, std::ssize(channel)));
      channel.resize(std::min(frames, channel.size()));
    }
    return {hop, std::move(found_)};
  }

 private:
  std::vector<std::vector<float>> found_;  // [channel][hop of the session's output]
};

}  // namespace limpid::cli
