// SPDX-License-Identifier: MIT
#include "models/longconv/filters.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace limpid::models {
namespace {

constexpr int kFrequencies = 8;
constexpr int kPosition = 2 * kFrequencies + 1;  // time, cosines, sines

using Row = std::vector<double>;

// The time since `tap` frames ago, of `taps`, as the network sees it.
Row position(int tap, int taps) {
  const double time = static_cast<double>(tap) / taps;
  Row row{time};
  for (int part = 0; part < 2; ++part)
    for (int i = 0; i < kFrequencies; ++i) {
      const double angle = std::numbers::pi * time * static_cast<double>(1 << i);
      row.push_back(part == 0 ? std::cos(angle) : std::sin(angle));
    }
  return row;
}

Row linear(std::span<const float> weight, std::span<const float> bias, const Row& x) {
  Row y(bias.begin(), bias.end());
  for (std::size_t i = 0; i < y.size(); ++i)
    for (std::size_t j = 0; j < x.size(); ++j)
      y[i] += static_cast<double>(weight[i * x.size() + j]) * x[j];
  return y;
}

// exp(-decay t), of sum 1.
Row window(double log_decay, int taps) {
  Row w;
  double sum = 0;
  for (int tap = 0; tap < taps; ++tap) sum += w.emplace_back(std::exp(-tap * std::exp(log_decay)));
  for (double& value : w) value /= sum;
  return w;
}

}  // namespace

Result<std::vector<float>> load_implicit_filters(io::Weights& weights, const std::string& prefix,
                                                 const LongConvConfig& config) {
  const int channels = config.memory, hidden = config.filter_hidden;
  const auto first = weights.find(prefix + ".first.weight", {hidden, kPosition});
  const auto first_bias = weights.find(prefix + ".first.bias", {hidden});
  const auto second = weights.find(prefix + ".second.weight", {channels, hidden});
  const auto second_bias = weights.find(prefix + ".second.bias", {channels});
  const auto decay = weights.find(prefix + ".log_decay", {channels});
  for (const auto* tensor : {&first, &first_bias, &second, &second_bias, &decay})
    if (!*tensor) return tensor->error();

  std::vector<Row> windows;
  for (const float log_decay : *decay) windows.push_back(window(log_decay, config.long_taps));
  std::vector<float> taps;
  for (int tap = 0; tap < config.long_taps; ++tap) {
    Row inside = linear(*first, *first_bias, position(tap, config.long_taps));
    std::ranges::transform(inside, inside.begin(), [](double v) { return std::sin(v); });
    const Row shape = linear(*second, *second_bias, inside);
    for (std::size_t c = 0; c < shape.size(); ++c)
      taps.push_back(static_cast<float>(shape[c] * windows[c][static_cast<std::size_t>(tap)]));
  }
  if (!std::ranges::all_of(taps, [](float tap) { return std::isfinite(tap); }))
    return Error{ErrorCode::bad_format,
                 weights.origin() + ": " + prefix + " makes filters that are not finite"};
  return taps;
}

}  // namespace limpid::models
