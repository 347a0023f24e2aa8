// SPDX-License-Identifier: MIT
#include "lib/analysis/hidden_states.h"

#include <algorithm>
#include <cmath>

namespace limpid::analysis {
namespace {

double dot(std::span<const float> a, std::span<const float> b) noexcept {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += double{a[i]} * b[i];
  return sum;
}

double cosine(std::span<const float> a, std::span<const float> b) noexcept {
  const double lengths = std::sqrt(dot(a, a) * dot(b, b));
  return lengths > 0 ? std::clamp(dot(a, b) / lengths, -1.0, 1.0) : 0;
}

}  // namespace

std::vector<double> cosine_to_first(const Tensor<float, 2>& hidden) {
  std::vector<double> cosines;
  for (std::ptrdiff_t t = 0; t < hidden.extent(0); ++t)
    cosines.push_back(t == 0 ? 1 : cosine(hidden.view()[0].span(), hidden.view()[t].span()));
  return cosines;
}

std::vector<double> residual_peak(const Tensor<float, 2>& hidden) {
  std::vector<double> lengths;
  double mean = 0;
  for (std::ptrdiff_t t = 0; t < hidden.extent(0); ++t) {
    const auto token = hidden.view()[t].span();
    lengths.push_back(std::sqrt(dot(token, token)));
    mean += lengths.back() / static_cast<double>(hidden.extent(0));
  }
  if (mean > 0)
    for (double& length : lengths) length /= mean;
  return lengths;
}

Outliers outliers(const Tensor<float, 2>& hidden) {
  Outliers found;
  found.channel_peaks.resize(static_cast<std::size_t>(hidden.extent(1)));
  const double count = static_cast<double>(hidden.extent(0) * hidden.extent(1));
  double mean = 0, second = 0, fourth = 0;
  for (std::ptrdiff_t t = 0; t < hidden.extent(0); ++t)
    for (const float v : hidden.view()[t].span()) mean += v / count;
  for (std::ptrdiff_t t = 0; t < hidden.extent(0); ++t)
    for (std::ptrdiff_t f = 0; f < hidden.extent(1); ++f) {
      const float v = hidden.view()[t][f];
      const double square = (v - mean) * (v - mean);
      second += square / count;
      fourth += square * square / count;
      double& peak = found.channel_peaks[static_cast<std::size_t>(f)];
      peak = std::max(peak, std::abs(double{v}));
    }
  if (second > 0) found.kurtosis = fourth / (second * second);
  return found;
}

void rotate_toward(std::span<float> h, std::span<const float> target, double fraction) noexcept {
  const double length = std::sqrt(dot(h, h));
  if (length == 0) return;
  const double along = dot(h, target) / length;  // of the target, along h
  const double across = std::sqrt(std::max(0.0, dot(target, target) - along * along));
  if (across <= 1e-6 * std::sqrt(dot(target, target))) return;
  const double angle = fraction * std::atan2(across, along);
  const double keep = std::cos(angle), turn = length * std::sin(angle) / across;
  for (std::size_t i = 0; i < h.size(); ++i)
    h[i] = static_cast<float>(keep * h[i] + turn * (target[i] - along * h[i] / length));
}

}  // namespace limpid::analysis
