// SPDX-License-Identifier: MIT
#include "lib/analysis/sink_metric.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace limpid::analysis {
namespace {

constexpr double kTiny = 1e-8;  // of the authors' normalisation

double row_mass(std::span<const float> row) {
  double mass = 0;
  for (const float w : row) mass += std::abs(w);
  return mass;
}

template <class Received>
double rate(const std::vector<std::vector<HeadSinks>>& layers, const SinkConfig& config,
            const Received& received) {
  double sum = 0;
  std::size_t counted = 0;
  for (const auto& heads : layers) {
    if (heads.empty()) continue;
    const auto sinks = std::ranges::count_if(
        heads, [&](const HeadSinks& head) { return received(head) > config.threshold; });
    sum += static_cast<double>(sinks) / static_cast<double>(heads.size());
    ++counted;
  }
  return counted == 0 ? 0 : sum / static_cast<double>(counted);
}

}  // namespace

HeadSinks measure_head(TensorView<const float, 2> weights, std::span<const float> value_norms,
                       bool normalised, bool causal, const SinkConfig& config) {
  const auto all = static_cast<std::size_t>(weights.extent(0));
  const std::size_t count =
      config.length > 0 ? std::min(all, static_cast<std::size_t>(config.length)) : all;
  HeadSinks head;
  head.received.resize(count);
  head.mass_share.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    const auto row = weights[static_cast<std::ptrdiff_t>(i)].span();
    const double mass = row_mass(row);  // of all keys: what goes beyond `count` went somewhere
    head.row_mass += mass / static_cast<double>(count);
    if (normalised) head.virtual_received += std::max(0.0, 1 - mass) / static_cast<double>(count);
    const double norm = normalised ? 1 : mass + kTiny;
    for (std::size_t k = 0; k < count; ++k) {
      const double seen_by = static_cast<double>(causal ? count - k : count);
      head.received[k] += std::abs(double{row[k]}) / norm / seen_by;
      head.mass_share[k] += std::abs(double{row[k]});
    }
  }
  const auto share = [](std::vector<double>& parts) {
    const double total = std::accumulate(parts.begin(), parts.end(), 0.0);
    if (total > 0)
      for (double& part : parts) part /= total;
  };
  if (value_norms.size() >= count && !value_norms.empty()) {
    head.value_share = head.mass_share;
    for (std::size_t k = 0; k < count; ++k) head.value_share[k] *= value_norms[k];
    share(head.value_share);
  }
  share(head.mass_share);
  return head;
}

std::vector<std::vector<HeadSinks>> measure_sinks(const AttentionTrace& trace,
                                                  const SinkConfig& config) {
  std::vector<std::vector<HeadSinks>> layers;
  for (const AttentionLayerTrace& layer : trace.layers) {
    auto& heads = layers.emplace_back();
    for (std::ptrdiff_t h = 0; h < layer.weights.extent(0); ++h) {
      const bool known = h < layer.value_norms.extent(0);
      const auto norms = known ? layer.value_norms.view()[h].span() : std::span<const float>();
      heads.push_back(
          measure_head(layer.weights.view()[h], norms, layer.normalised, layer.causal, config));
    }
  }
  return layers;
}

double sink_rate(const std::vector<std::vector<HeadSinks>>& heads, std::size_t key,
                 const SinkConfig& config) {
  return rate(heads, config, [&](const HeadSinks& head) {
    return key < head.received.size() ? head.received[key] : 0.0;
  });
}

double virtual_sink_rate(const std::vector<std::vector<HeadSinks>>& heads,
                         const SinkConfig& config) {
  return rate(heads, config, [](const HeadSinks& head) { return head.virtual_received; });
}

std::vector<double> value_drain(std::span<const float> value_norms) {
  double mean = 0;
  for (const float norm : value_norms)
    mean += double{norm} / static_cast<double>(value_norms.size());
  std::vector<double> drain;
  for (const float norm : value_norms) drain.push_back(mean > 0 ? norm / mean : 0);
  return drain;
}

}  // namespace limpid::analysis
