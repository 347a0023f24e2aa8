// SPDX-License-Identifier: MIT
#include "examples/limpid/report/spectrogram.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace limpid::cli {
namespace {

constexpr double kWindowSeconds = 0.032, kShortestHopSeconds = 0.004;
constexpr int kFramesPerColumn = 4;  // of a long recording, to see more than every hundredth frame

}  // namespace

Result<Spectrogram> Spectrogram::create(int sample_rate, std::int64_t samples, int columns,
                                        int rows) {
  const int half = std::max(8, static_cast<int>(std::lround(sample_rate * kWindowSeconds / 2)));
  auto fft = dsp::RealFft::create(2 * half);
  if (!fft) return std::move(fft).error();
  const auto hop = std::max<std::int64_t>({1, std::lround(sample_rate * kShortestHopSeconds),
                                           samples / (std::int64_t{kFramesPerColumn} * columns)});
  const auto frames = std::max<std::int64_t>(1, samples / hop);
  return Spectrogram(*std::move(fft), std::max<std::int64_t>(samples, 1), hop,
                     static_cast<int>(std::min<std::int64_t>(columns, frames)),
                     std::min(rows, half));
}

Spectrogram::Spectrogram(dsp::RealFft fft, std::int64_t samples, std::int64_t hop, int columns,
                         int rows)
    : fft_(std::move(fft)),
      window_(static_cast<std::size_t>(fft_.size())),
      block_(window_.size()),
      power_(static_cast<std::size_t>(columns) * static_cast<std::size_t>(rows)),
      frames_(static_cast<std::size_t>(columns)),
      samples_(samples),
      hop_(hop),
      columns_(columns),
      rows_(rows) {
  for (std::size_t i = 0; i < window_.size(); ++i)  // Hann, so scaled that a full-scale sine is 1
    window_[i] = static_cast<float>(
        (2 - 2 * std::cos(2 * std::numbers::pi * static_cast<double>(i) / fft_.size())) /
        fft_.size());
}

void Spectrogram::add(AudioView<const float> samples) {
  const std::ptrdiff_t channels = samples.extent(0);
  for (std::ptrdiff_t i = 0; i < samples.extent(1); ++i) {
    float sum = 0;
    for (std::ptrdiff_t c = 0; c < channels; ++c) sum += samples[c].data()[i];
    block_[static_cast<std::size_t>(position_) % block_.size()] =
        std::isfinite(sum) ? sum / static_cast<float>(channels) : 0;
    if (++position_ % hop_ == 0) transform();
  }
}

// The last frames are centred on the last samples, so that the picture has no blank edge.
void Spectrogram::finish() {
  const Tensor<float, 2> silence({1, std::max<std::ptrdiff_t>(fft_.size() / 2, hop_)});
  add(silence.view());
}

void Spectrogram::transform() {
  const std::size_t size = block_.size(), oldest = static_cast<std::size_t>(position_) % size;
  for (std::size_t i = 0; i < size; ++i) fft_.time()[i] = window_[i] * block_[(oldest + i) % size];
  fft_.forward();
  const std::int64_t centre = position_ - fft_.size() / 2;
  const auto column = static_cast<std::size_t>(
      std::clamp<std::int64_t>(centre * columns_ / samples_, 0, columns_ - 1));
  const auto rows = static_cast<std::size_t>(rows_), bins = size / 2;
  for (std::size_t row = 0; row < rows; ++row) {
    const std::size_t begin = row * bins / rows, end = (row + 1) * bins / rows;
    double sum = 0;
    for (std::size_t k = begin; k < end; ++k) sum += std::norm(fft_.spectrum()[k]);
    power_[column * rows + row] += sum / static_cast<double>(end - begin);
  }
  ++frames_[column];
}

std::vector<float> Spectrogram::levels() const {
  const auto rows = static_cast<std::size_t>(rows_), columns = static_cast<std::size_t>(columns_);
  std::vector<float> levels(rows * columns);
  for (std::size_t column = 0; column < columns; ++column)
    for (std::size_t row = 0; row < rows; ++row) {
      const double power = power_[column * rows + row] / std::max(1, frames_[column]);
      levels[(rows - 1 - row) * columns + column] =
          static_cast<float>(10 * std::log10(std::max(power, 1e-15)));
    }
  return levels;
}

}  // namespace limpid::cli
