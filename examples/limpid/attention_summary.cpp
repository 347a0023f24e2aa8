// SPDX-License-Identifier: MIT
#include "examples/limpid/attention_summary.h"

#include <fmt/format.h>

#include <algorithm>

#include "lib/analysis/hidden_states.h"

namespace limpid::cli {
namespace {

LayerSummary summarise_layer(const AttentionLayerTrace& layer,
                             const std::vector<analysis::HeadSinks>& heads,
                             const analysis::SinkConfig& config) {
  LayerSummary s;
  s.name = layer.name;
  s.heads = static_cast<int>(heads.size());
  s.normalised = layer.normalised;
  s.sink_rate = analysis::sink_rate({heads}, 0, config);
  std::vector<double> shares;
  for (std::size_t h = 0; h < heads.size(); ++h) {
    const analysis::HeadSinks& head = heads[h];
    if (head.received.empty()) continue;
    const double part = 1.0 / static_cast<double>(heads.size());
    s.received += part * head.received[0];
    s.mass_share += part * head.mass_share[0];
    if (!head.value_share.empty()) s.value_share += part * head.value_share[0];
    s.row_mass += part * head.row_mass;
    s.virtual_received += part * head.virtual_received;
    const auto row = static_cast<std::ptrdiff_t>(h);
    if (row < layer.value_norms.extent(0) && layer.value_norms.extent(1) > 0)
      s.value_drain += part * analysis::value_drain(layer.value_norms.view()[row].span())[0];
    shares.resize(std::max(shares.size(), head.mass_share.size()));
    for (std::size_t k = 0; k < head.mass_share.size(); ++k) shares[k] += part * head.mass_share[k];
  }
  if (shares.size() > 1) {
    const auto rival = std::max_element(shares.begin() + 1, shares.end());
    s.rival = static_cast<int>(rival - shares.begin());
    s.rival_share = *rival;
  }
  return s;
}

// The labels of all tokens but the first, each once.
std::vector<std::string> groups_of(const AttentionTrace& trace) {
  std::vector<std::string> groups;
  for (std::size_t t = 1; t < trace.labels.size(); ++t)
    if (std::ranges::find(groups, trace.labels[t]) == groups.end())
      groups.push_back(trace.labels[t]);
  if (groups.empty()) groups.emplace_back("others");
  return groups;
}

// What lies where, run by run.
std::string order_of(const std::vector<std::string>& labels) {
  std::string order;
  for (std::size_t first = 0; first < labels.size();) {
    std::size_t last = first;
    while (last + 1 < labels.size() && labels[last + 1] == labels[first]) ++last;
    order += fmt::format("{}{}", order.empty() ? "" : ", ", first);
    if (last > first) order += fmt::format("–{}", last);
    order += " " + labels[first];
    first = last + 1;
  }
  return order;
}

StateSummary summarise_state(const Tensor<float, 2>& hidden, const analysis::MassiveLayer& layer,
                             const AttentionTrace& trace, const std::vector<std::string>& groups) {
  StateSummary s;
  s.median = layer.median;
  s.peak = layer.peak;
  s.kurtosis = analysis::outliers(hidden).kurtosis;
  const auto lengths = analysis::residual_peak(hidden);
  if (!lengths.empty()) s.first_length = lengths[0];
  const auto cosines = analysis::cosine_to_first(hidden);
  s.cosines.resize(groups.size());
  std::vector<int> counts(groups.size());
  for (std::size_t t = 1; t < cosines.size(); ++t) {
    const auto group =
        t < trace.labels.size() ? std::ranges::find(groups, trace.labels[t]) - groups.begin() : 0;
    s.cosines[static_cast<std::size_t>(group)] += cosines[t];
    ++counts[static_cast<std::size_t>(group)];
  }
  for (std::size_t g = 0; g < groups.size(); ++g) s.cosines[g] /= std::max(counts[g], 1);
  return s;
}

}  // namespace

AttentionSummary summarise(const AttentionTrace& trace, const analysis::SinkConfig& config) {
  AttentionSummary summary;
  summary.config = config;
  summary.groups = groups_of(trace);
  summary.order = order_of(trace.labels);
  const auto heads = analysis::measure_sinks(trace, config);
  for (std::size_t l = 0; l < heads.size(); ++l)
    summary.layers.push_back(summarise_layer(trace.layers[l], heads[l], config));
  summary.sink_rate = analysis::sink_rate(heads, 0, config);
  summary.virtual_sink_rate = analysis::virtual_sink_rate(heads, config);
  summary.massive = analysis::find_massive(trace.hidden);
  for (std::size_t l = 0; l < trace.hidden.size(); ++l)
    summary.states.push_back(
        summarise_state(trace.hidden[l], summary.massive.layers[l], trace, summary.groups));
  if (!trace.hidden.empty()) summary.tokens = trace.hidden[0].extent(0);
  if (!trace.layers.empty())
    summary.tokens = std::max(summary.tokens, trace.layers[0].weights.extent(1));
  return summary;
}

}  // namespace limpid::cli
