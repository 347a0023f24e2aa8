// SPDX-License-Identifier: MIT
// The numbers that `limpid attention` shows of a trace: a row per attention layer, a row per state
// of the residual stream.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "lib/analysis/massive_activations.h"
#include "lib/analysis/sink_metric.h"

namespace limpid::cli {

// Means over heads. "First" is the first token.
struct LayerSummary {
  std::string name;
  int heads = 0;
  bool normalised = true;
  double sink_rate = 0;  // share of heads where the first token is a sink by the published metric
  double received = 0;   // alpha of the first token
  double mass_share = 0, value_share = 0;  // of the first token
  double row_mass = 0;
  double virtual_received = 0;  // by a sink logit or a key without a value
  double value_drain = 0;       // |v| of the first token relative to the mean
  int rival = 0;                // the other token with the largest share of mass, and that share
  double rival_share = 0;
};

struct StateSummary {
  double median = 0, peak = 0;  // of magnitudes
  double kurtosis = 0;
  double first_length = 0;      // of the first token, relative to the mean length
  std::vector<double> cosines;  // to the first token: mean of each group of tokens
};

struct AttentionSummary {
  analysis::SinkConfig config;
  std::ptrdiff_t tokens = 0;
  std::vector<std::string> groups;  // labels of tokens, in order of appearance, the first one's
                                    // only if it is not alone
  std::string order;                // "0 <bos>, 1–30 audio, 31 </audio>"; empty without labels
  std::vector<LayerSummary> layers;
  std::vector<StateSummary> states;
  analysis::MassiveActivations massive;
  double sink_rate = 0, virtual_sink_rate = 0;  // over all layers
};

AttentionSummary summarise(const AttentionTrace& trace, const analysis::SinkConfig& config);

std::string describe_massive(const analysis::MassiveActivations& massive);  // one sentence
std::string to_text(const AttentionSummary& summary);                       // tables for a terminal
nlohmann::ordered_json to_json(const AttentionSummary& summary);

}  // namespace limpid::cli
