// SPDX-License-Identifier: MIT
// A summary of attention for people at a terminal and for machines.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include <nlohmann/json.hpp>

#include "examples/limpid/attention_summary.h"
#include "examples/limpid/json.h"
#include "examples/limpid/terminal.h"

namespace limpid::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string layer_table(const AttentionSummary& summary) {
  std::string text =
      fmt::format("{:<14}{:>6}{:>8}{:>8}{:>8}{:>8}{:>8}{:>9}{:>8}  {}\n", "attention", "heads",
                  "sink", "alpha", "mass", "value", "rows", "virtual", "|v|", "next largest mass");
  for (const LayerSummary& l : summary.layers)
    text += fmt::format(
        "{:<14}{:>6}{:>6.0f} %{:>8.3f}{:>8.3f}{:>8.3f}{:>8.3f}{:>9}{:>8.2f}  {:.3f} at {}\n",
        l.name, l.heads, 100 * l.sink_rate, l.received, l.mass_share, l.value_share, l.row_mass,
        l.normalised ? fmt::format("{:.3f}", l.virtual_received) : "–", l.value_drain,
        l.rival_share, l.rival);
  return text;
}

std::string state_table(const AttentionSummary& summary) {
  std::string text = fmt::format("{:<14}{:>10}{:>10}{:>9}{:>9}{:>8}{:>10}", "after block", "median",
                                 "peak", "ratio", "massive", "|h|", "kurtosis");
  for (const std::string& group : summary.groups) text += fmt::format("  cos {}", group);
  text += '\n';
  for (std::size_t i = 0; i < summary.states.size(); ++i) {
    const StateSummary& s = summary.states[i];
    text += fmt::format("{:<14}{:>10.3g}{:>10.4g}{:>9.4g}{:>9}{:>8.2f}{:>10.4g}",
                        i == 0 ? "(before 1)" : std::to_string(i), s.median, s.peak,
                        s.median > 0 ? s.peak / s.median : 0.0,
                        summary.massive.layers[i].places.size(), s.first_length, s.kurtosis);
    for (std::size_t g = 0; g < s.cosines.size(); ++g)
      text += fmt::format("  {:>{}.2f}", s.cosines[g], summary.groups[g].size() + 4);
    text += '\n';
  }
  return text;
}

}  // namespace

std::string describe_massive(const analysis::MassiveActivations& massive) {
  std::vector<int> states, tokens;
  bool fixed = true;
  for (const analysis::MassiveLayer& layer : massive.layers) {
    if (layer.places.empty()) continue;
    states.push_back(layer.layer);
    tokens.insert(tokens.end(), layer.tokens.begin(), layer.tokens.end());
    fixed = fixed && layer.fixed_features;
  }
  if (states.empty()) return "No massive activations: nothing reaches 1000 times the median.";
  std::ranges::sort(tokens);
  tokens.erase(std::unique(tokens.begin(), tokens.end()), tokens.end());
  std::string text =
      fmt::format("Massive activations after blocks {}, at token{} {}, ", fmt::join(states, ", "),
                  tokens.size() == 1 ? "" : "s", fmt::join(tokens, ", "));
  text += fixed && !massive.features.empty()
              ? fmt::format("always in features {}.", fmt::join(massive.features, ", "))
              : "in features that differ.";
  if (massive.in_first) text += " Some are there before or after the first block.";
  if (massive.in_last) text += " Some are left after the last block.";
  return text;
}

std::string to_text(const AttentionSummary& summary) {
  std::string text = fmt::format("{} tokens", summary.tokens);
  if (summary.config.length > 0 && summary.config.length < summary.tokens)
    text += fmt::format(", attention among the first {} counts", summary.config.length);
  text += fmt::format(
      "; a head has a sink where alpha of the first token exceeds {:g}: {:.1f} % of heads",
      summary.config.threshold, 100 * summary.sink_rate);
  if (summary.virtual_sink_rate > 0)
    text += fmt::format(", and {:.1f} % where no token is attended to",
                        100 * summary.virtual_sink_rate);
  if (!summary.order.empty()) text += "\ntokens: " + wrapped(summary.order, 8, 8);
  text += (text.ends_with('\n') ? "\n" : "\n\n") + layer_table(summary);
  if (!summary.states.empty())
    text += "\n" + state_table(summary) + "\n" + describe_massive(summary.massive) + "\n";
  return text;
}

Json to_json(const AttentionSummary& summary) {
  const auto number = [](double v) { return rounded(v, 1e6); };
  Json layers = Json::array(), states = Json::array();
  for (const LayerSummary& l : summary.layers)
    layers.push_back({{"name", l.name},
                      {"heads", l.heads},
                      {"normalised", l.normalised},
                      {"sink_rate", number(l.sink_rate)},
                      {"alpha_first", number(l.received)},
                      {"mass_share_first", number(l.mass_share)},
                      {"value_share_first", number(l.value_share)},
                      {"row_mass", number(l.row_mass)},
                      {"alpha_virtual", l.normalised ? Json(number(l.virtual_received)) : Json()},
                      {"value_norm_first", number(l.value_drain)},
                      {"next_token", l.rival},
                      {"next_mass_share", number(l.rival_share)}});
  for (std::size_t i = 0; i < summary.states.size(); ++i) {
    const StateSummary& s = summary.states[i];
    Json places = Json::array(), cosines = Json::object();
    for (const auto& place : summary.massive.layers[i].places)
      places.push_back(
          {{"token", place.token}, {"feature", place.feature}, {"value", place.value}});
    for (std::size_t g = 0; g < s.cosines.size(); ++g)
      cosines[summary.groups[g]] = number(s.cosines[g]);
    states.push_back({{"after_block", i},
                      {"median", s.median},
                      {"peak", s.peak},
                      {"kurtosis", number(s.kurtosis)},
                      {"length_first", number(s.first_length)},
                      {"cosine_to_first", std::move(cosines)},
                      {"massive", std::move(places)}});
  }
  return {{"tokens", summary.tokens},
          {"order", summary.order},
          {"threshold", summary.config.threshold},
          {"counted_tokens", summary.config.length},
          {"sink_rate", number(summary.sink_rate)},
          {"virtual_sink_rate", number(summary.virtual_sink_rate)},
          {"layers", std::move(layers)},
          {"states", std::move(states)},
          {"massive_features", summary.massive.features},
          {"massive_in_first", summary.massive.in_first},
          {"massive_in_last", summary.massive.in_last}};
}

}  // namespace limpid::cli
