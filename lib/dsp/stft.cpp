// SPDX-License-Identifier: MIT
#include "lib/dsp/stft.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "lib/base/no_memory.h"

namespace limpid::dsp {

StftSpec stft_at(double window_seconds, double hop_seconds, int sample_rate,
                 double past_seconds) LIMPID_REALTIME {
  const int hop = static_cast<int>(std::lround(hop_seconds * sample_rate));
  const auto hops = [&](double seconds) {
    return static_cast<int>(std::lround(seconds / hop_seconds));
  };
  return {hops(window_seconds) * hop, hop, hops(past_seconds) * hop};
}

StftWindows stft_windows(const StftSpec& spec) {
  const double half = spec.window / 2.0, rise = spec.size() - half;
  StftWindows windows;
  for (int n = 0; n < spec.size(); ++n) {
    const double quarter = n < rise ? n / rise : 1 + (n - rise) / half;
    const double w = std::sin(std::numbers::pi / 2 * quarter);
    windows.analysis.push_back(static_cast<float>(w));
    if (n < spec.past) continue;
    // The products of both, Hann windows, of window / hop columns add up to window / (2 hop).
    const double hann = std::sin(std::numbers::pi / 2 * (n - spec.past) / half);
    const double product = hann * hann * 2 * spec.hop / spec.window;
    windows.synthesis.push_back(n == 0 ? 0.0f : static_cast<float>(product / w));
  }
  return windows;
}

StftWindows least_squares_windows(std::vector<float> analysis, int hop) {
  // Of the squares that share a sample, by its place in the hop.
  std::vector<double> squares(static_cast<std::size_t>(hop));
  for (std::size_t n = 0; n < analysis.size(); ++n)
    squares[n % squares.size()] += double{analysis[n]} * double{analysis[n]};
  StftWindows windows{std::move(analysis), {}};
  for (std::size_t n = 0; n < windows.analysis.size(); ++n)
    windows.synthesis.push_back(
        static_cast<float>(double{windows.analysis[n]} / squares[n % squares.size()]));
  return windows;
}

namespace {

// Samples that wait for later hops: of the input, of the output.
std::size_t past_size(const StftSpec& spec) {
  return static_cast<std::size_t>(spec.size() - spec.hop);
}
std::size_t overlap_size(const StftSpec& spec) {
  return static_cast<std::size_t>(spec.window - spec.hop);
}

Result<RealFft> checked_fft(const StftSpec& spec, int lanes) {
  if (spec.hop < 1 || spec.window < 2 * spec.hop || spec.window % spec.hop != 0 || spec.past < 0 ||
      spec.past % spec.hop != 0 || lanes < 1) {
    return Error{ErrorCode::invalid_argument,
                 "STFT window " + std::to_string(spec.window) + " must be 2, 3, ... and past " +
                     std::to_string(spec.past) + " 0, 1, ... times the hop " +
                     std::to_string(spec.hop) + ", with at least one lane"};
  }
  return RealFft::create(spec.size());
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
      window_(stft_windows(spec).analysis),
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
      window_(stft_windows(spec).synthesis),
      overlap_(overlap_size(spec) * static_cast<std::size_t>(lanes)) {
  for (float& w : window_) w /= static_cast<float>(spec.size());
}

void Synthesis::process(int lane, const cfloat* column, float* hop) LIMPID_REALTIME {
  const std::size_t kept = overlap_size(spec_), step = static_cast<std::size_t>(spec_.hop);
  float* overlap = overlap_.data() + static_cast<std::size_t>(lane) * kept;
  std::copy_n(column, spec_.bins(), fft_.spectrum().data());
  fft_.inverse();
  const float* time = fft_.time().data() + spec_.past;
  for (std::size_t n = 0; n < step; ++n) hop[n] = overlap[n] + time[n] * window_[n];
  for (std::size_t n = 0; n < kept; ++n) {
    const float later = n + step < kept ? overlap[n + step] : 0.0f;
    overlap[n] = later + time[n + step] * window_[n + step];
  }
}

std::span<const float> Synthesis::tail(int lane) const noexcept {
  const std::size_t kept = overlap_size(spec_);
  return {overlap_.data() + static_cast<std::size_t>(lane) * kept, kept};
}

void Synthesis::restart(int lane) LIMPID_REALTIME {
  const std::size_t kept = overlap_size(spec_);
  std::fill_n(overlap_.data() + static_cast<std::size_t>(lane) * kept, kept, 0.0f);
}

}  // namespace limpid::dsp
