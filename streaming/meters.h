// SPDX-License-Identifier: MIT
// Meters: written by one real-time thread, but for Counter, and read by any other.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "lib/base/realtime.h"
#include "lib/kernels/elementwise.h"
#include "lib/tensor/tensor.h"

namespace limpid::streaming {

inline constexpr float kSilenceDb = -120.0f;

// A count that any thread may raise: two sound cards report their xruns from two.
class Counter {
 public:
  void add(std::int64_t amount = 1) LIMPID_REALTIME {
    value_.fetch_add(amount, std::memory_order_relaxed);
  }
  std::int64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> value_ = 0;
};

// RMS over about 300 ms, and a peak that falls by 20 dB per second; all channels together. dBFS: a
// full-scale square wave is 0 dB.
class LevelMeter {
 public:
  explicit LevelMeter(int sample_rate) noexcept : rate_(static_cast<float>(sample_rate)) {}

  void add(AudioView<const float> samples) LIMPID_REALTIME {
    float power = 0.0f, peak = 0.0f;
    const auto count = samples.extent(0) * samples.extent(1);
    if (count == 0) return;
    for (std::ptrdiff_t row = 0; row < samples.extent(0); ++row)
      for (const float sample : samples[row].span()) {
        if (!std::isfinite(sample)) continue;
        const float size = std::min(std::abs(sample), kernels::kLoudest);
        power += size * size;
        peak = std::max(peak, size);
      }
    const float seconds = static_cast<float>(samples.extent(1)) / rate_;
    const float decay = std::exp(-seconds / 0.3f);
    const float before = power_.load(std::memory_order_relaxed);
    power_.store(decay * before + (1.0f - decay) * power / static_cast<float>(count),
                 std::memory_order_relaxed);
    peak_.store(std::max(peak, peak_.load(std::memory_order_relaxed) * std::pow(0.1f, seconds)),
                std::memory_order_relaxed);
  }

  float rms_db() const noexcept {
    return decibel(std::sqrt(power_.load(std::memory_order_relaxed)));
  }
  float peak_db() const noexcept { return decibel(peak_.load(std::memory_order_relaxed)); }

 private:
  static float decibel(float amplitude) noexcept {
    return amplitude > 1e-6f ? 20.0f * std::log10(amplitude) : kSilenceDb;
  }

  float rate_;
  std::atomic<float> power_ = 0.0f, peak_ = 0.0f;
};

// Processing time as a part of the time there is: 1 = no moment to spare.
class LoadMeter {
 public:
  void add(float load) LIMPID_REALTIME {
    latest_[next_++ % latest_.size()].store(load, std::memory_order_relaxed);
    max_.store(std::max(load, max_.load(std::memory_order_relaxed)), std::memory_order_relaxed);
  }

  float max() const noexcept { return max_.load(std::memory_order_relaxed); }

  // Of the latest 256 entries; 0 when there are none.
  float median() const noexcept {
    std::array<float, kLatest> loads;
    std::size_t count = 0;
    for (const auto& load : latest_)
      if (const float value = load.load(std::memory_order_relaxed); value > 0.0f)
        loads[count++] = value;
    if (count == 0) return 0.0f;
    const auto middle = loads.begin() + static_cast<std::ptrdiff_t>(count / 2);
    std::nth_element(loads.begin(), middle, loads.begin() + static_cast<std::ptrdiff_t>(count));
    return *middle;
  }

 private:
  static constexpr std::size_t kLatest = 256;
  std::array<std::atomic<float>, kLatest> latest_{};
  std::size_t next_ = 0;
  std::atomic<float> max_ = 0.0f;
};

}  // namespace limpid::streaming
