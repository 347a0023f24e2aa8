// SPDX-License-Identifier: MIT
#include "streaming/simulated_device.h"

#include <algorithm>
#include <utility>

namespace limpid::streaming {

SimulatedDevice::SimulatedDevice(Tensor<float, 2> source, const Simulation& simulation)
    : simulation_(simulation),
      source_(std::move(source)),
      // With capture slower than nominal there is more to play than to capture.
      played_(
          {simulation.format.outputs,
           source_.extent(1) + source_.extent(1) / 100 + simulation.format.block +
               static_cast<std::ptrdiff_t>(simulation.stall_for * simulation.format.sample_rate)}),
      random_(simulation.seed) {}

Status SimulatedDevice::start(AudioCallback& callback) {
  callback_ = &callback;
  random_.seed(simulation_.seed);
  captured_count_ = played_count_ = 0;
  now_ = capture_due_ = playback_due_ = 0.0;
  return Done{};
}

AudioView<const float> SimulatedDevice::played() const noexcept {
  return played_.view().slice(1, 0, played_count_);
}

bool SimulatedDevice::over() const noexcept {
  return captured_count_ == source_.extent(1) ||
         played_count_ + simulation_.format.block > played_.extent(1);
}

// Due times are exact; `late()` only delays the moment that callbacks see.
bool SimulatedDevice::step() {
  if (callback_ == nullptr || over() || lose()) return false;
  const auto count = std::min(block_size(), source_.extent(1) - captured_count_);
  const double seconds = static_cast<double>(count) / simulation_.format.sample_rate;
  if (simulation_.format.one_clock) {
    capture_due_ += seconds;
    now_ = capture_due_ + late();
    capture(count);
    play(count);
  } else if (capture_due_ <= playback_due_) {
    capture_due_ += seconds / (1.0 + simulation_.drift_ppm * 1e-6);
    now_ = capture_due_ + late();
    capture(count);
  } else {
    playback_due_ += seconds;
    now_ = playback_due_ + late();
    play(count);
  }
  return true;
}

bool SimulatedDevice::lose() {
  if (now_ < simulation_.lost_at) return false;
  if (!simulation_.lost_silently) callback_->on_lost();
  callback_ = nullptr;
  return true;
}

void SimulatedDevice::capture(std::ptrdiff_t count) {
  const bool stalled =
      now_ >= simulation_.stall_at && now_ < simulation_.stall_at + simulation_.stall_for;
  if (!stalled) callback_->on_capture(source_.view().slice(1, captured_count_, count), now_);
  captured_count_ += count;
}

void SimulatedDevice::play(std::ptrdiff_t count) {
  callback_->on_playback(played_.view().slice(1, played_count_, count), now_);
  played_count_ += count;
}

std::ptrdiff_t SimulatedDevice::block_size() {
  const auto most = static_cast<std::uint_fast32_t>(simulation_.format.block);
  return static_cast<std::ptrdiff_t>(simulation_.vary_block ? 1 + random_() % most : most);
}

double SimulatedDevice::late() {
  return std::uniform_real_distribution<double>(0.0, 1.0)(random_) * simulation_.jitter_seconds;
}

}  // namespace limpid::streaming
