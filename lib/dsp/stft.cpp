// SPDX-License-Identifier: MIT
#include "lib/dsp/stft.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "lib/base/no_memory.h"

namespace limpid::dsp {

StftSpec stft_at(double window_seconds, double hop_seconds, int sample_rate) LIMPID_REALTIME {
  const int hop = static_cast<int>(std::lround(hop_seconds * sample_rate));
  const int hops = static_cast<int>(std::lround(window_seconds / hop_seconds));
  return {hops * hop, hop};
}

std::vector<float> sqrt_hann(int size) {
  std::vector<float> window(static_cast<std::size_t>(size));
  for (std::size_t n = 0; n < window.size(); ++n)
    window[n] = static_cast<float>(std::sin(std::numbers::pi * static_cast<double>(n) / size));
  return window;
}

namespace {

std::size_t past_size(const StftSpec& spec) {
  return static_cast<std::size_t>(spec.window - spec.hop);
}

Result<RealFft> checked_fft(const StftSpec& spec, int lanes) {
  if (spec.hop < 1 || spec.window < 2 * spec.hop || spec.window % spec.hop != 0 || lanes < 1) {
    return Error{ErrorCode::invalid_argument, "STFT window " + std::to_string(spec.window) +
                                                  " must be 2, 3, ... times the hop " +
                                                  std::to_string(spec.hop) +
                                                  ", with at least one lane"};
  }
  return RealFft::create(spec.window);
}

}  // namespace

Result<Analysis> Analysis::create(const StftSpec& spec, int lanes) {
  return unless_out_of_memory([&]() -> Result<Analysis> {
    auto fft = checked_fft(spec, lanes);
    if (!fft) return fft.error();
    return Analysis(spec, lanes, *std::move(fft));
  });
}

Analysis::Analysis(const StftSpec& spec, int lanes, RealFft fft)
    : spec_(spec),
      fft_(std::move(fft)),
      window_(sqrt_hann(spec.window)),
      past_(past_size(spec) * static_cast<std::size_t>(lanes)) {}

void Analysis::process(int lane, const float* hop, cfloat* column) LIMPID_REALTIME {
  const std::size_t kept = past_size(spec_);
  float* past = past_.data() + static_cast<std::size_t>(lane) * kept;
  float* time = fft_.time().data();
  for (std::size_t n = 0; n < kept; ++n) time[n] = past[n] * window_[n];
  for (int n = 0; n < spec_.hop; ++n) {
    const auto at = kept + static_cast<std::size_t>(n);
    time[at] = hop[n] * window_[at];
  }
  std::copy(past + spec_.hop, past + kept, past);
  std::copy_n(hop, spec_.hop, past + kept - static_cast<std::size_t>(spec_.hop));
  fft_.forward();
  std::ranges::copy(fft_.spectrum(), column);
}

void Analysis::restart(int lane) LIMPID_REALTIME {
  const std::size_t kept = past_size(spec_);
  std::fill_n(past_.data() + static_cast<std::size_t>(lane) * kept, kept, 0.0f);
}

Result<Synthesis> Synthesis::create(const StftSpec& spec, int lanes) {
  return unless_out_of_memory([&]() -> Result<Synthesis> {
    auto fft = checked_fft(spec, lanes);
    if (!fft) return fft.error();
    return Synthesis(spec, lanes, *std::move(fft));
  });
}

Synthesis::Synthesis(const StftSpec& spec, int lanes, RealFft fft)
    : spec_(spec),
      fft_(std::move(fft)),
      window_(sqrt_hann(spec.window)),
      overlap_(past_size(spec) * static_cast<std::size_t>(lanes)) {
  // The squared windows of window / hop overlapping frames add up to window / (2 hop).
  const double overlap_gain = spec.window / (2.0 * spec.hop);
  for (float& w : window_) w = static_cast<float>(w / (overlap_gain * spec.window));
}

void Synthesis::process(int lane, const cfloat* column, float* hop) LIMPID_REALTIME {
  const std::size_t kept = past_size(spec_), step = static_cast<std::size_t>(spec_.hop);
  float* overlap = overlap_.data() + static_cast<std::size_t>(lane) * kept;
  std::copy_n(column, spec_.bins(), fft_.spectrum().data());
  fft_.inverse();
  const float* time = fft_.time().data();
  for (std::size_t n = 0; n < step; ++n) hop[n] = overlap[n] + time[n] * window_[n];
  for (std::size_t n = 0; n < kept; ++n) {
    const float later = n + step < kept ? overlap[n + step] : 0.0f;
    overlap[n] = later + time[n + step] * window_[n + step];
  }
}

std::span<const float> Synthesis::tail(int lane) const noexcept {
  const std::size_t kept = past_size(spec_);
  return {overlap_.data() + static_cast<std::size_t>(lane) * kept, kept};
}

void Synthesis::restart(int lane) LIMPID_REALTIME {
  const std::size_t kept = past_size(spec_);
  std::fill_n(overlap_.data() + static_cast<std::size_t>(lane) * kept, kept, 0.0f);
}

}  // namespace limpid::dsp
