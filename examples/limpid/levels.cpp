// SPDX-License-Identifier: MIT
#include "examples/limpid/levels.h"

#include <algorithm>
#include <cmath>

namespace limpid::cli {
namespace {

constexpr double kFloor = -120;  // dB

double decibels(double power) {
  return std::max(kFloor, 10 * std::log10(std::max(power, 1e-30)));
}

}  // namespace

LevelComparison::LevelComparison(int sample_rate) : block_(std::max(1, sample_rate / 20)) {}

template <class BlockDone>
void LevelComparison::measure(Side& side, AudioView<const float> samples, BlockDone done) const {
  const std::ptrdiff_t channels = samples.extent(0);
  for (std::ptrdiff_t i = 0; i < samples.extent(1); ++i) {
    double power = 0;
    for (std::ptrdiff_t c = 0; c < channels; ++c) {
      const float value = samples[c].data()[i];
      power += static_cast<double>(value) * value;
      side.peak = std::max(side.peak, std::abs(value));
    }
    power /= static_cast<double>(channels);
    side.sum += power;
    side.block_sum += power;
    ++side.count;
    if (++side.in_block == block_) {
      done(side.block_sum / static_cast<double>(block_));
      side.block_sum = 0;
      side.in_block = 0;
    }
  }
}

void LevelComparison::before(AudioView<const float> samples) {
  measure(before_, samples, [&](double power) { waiting_.push_back(power); });
}

void LevelComparison::after(AudioView<const float> samples) {
  measure(after_, samples, [&](double power) {
    if (waiting_.empty()) return;
    const double input = waiting_.front();
    waiting_.pop_front();
    if (decibels(input) <= kFloor) return;
    const auto bin = static_cast<std::size_t>(2 * (decibels(input) - kFloor));
    Bin& hit = histogram_[std::min<std::size_t>(bin, kBins - 1)];
    ++hit.blocks;
    hit.before += input;
    hit.after += power;
  });
}

Levels LevelComparison::levels() const {
  const auto rms = [](const Side& side) {
    return decibels(side.count == 0 ? 0 : side.sum / static_cast<double>(side.count));
  };
  Levels result;
  result.rms_before = rms(before_);
  result.rms_after = rms(after_);
  result.peak_before = decibels(static_cast<double>(before_.peak) * before_.peak);
  result.peak_after = decibels(static_cast<double>(after_.peak) * after_.peak);

  std::int64_t blocks = 0;
  for (const Bin& bin : histogram_) blocks += bin.blocks;
  Bin pauses;
  for (const Bin& bin : histogram_) {
    if (pauses.blocks * 10 >= blocks) break;
    pauses.blocks += bin.blocks;
    pauses.before += bin.before;
    pauses.after += bin.after;
  }
  const auto mean = [&](double sum) { return decibels(sum / static_cast<double>(pauses.blocks)); };
  if (pauses.blocks > 0) result.pauses = {mean(pauses.before), mean(pauses.after)};
  return result;
}

}  // namespace limpid::cli
