// SPDX-License-Identifier: MIT
// How much attention goes where. The published metric of attention sinks (Gu et al., "When
// attention sink emerges in language models", 2025, section 2) and, beside it, shares that do not
// lie about maps whose rows do not sum up to one: there a head at rest, whose weights are all next
// to nothing, looks like a sink as soon as its rows are normalised.
#pragma once

#include <span>
#include <vector>

#include "lib/model/attention_trace.h"

namespace limpid::analysis {

struct SinkConfig {
  double threshold = 0.3;  // epsilon
  int length = 64;         // T: the first so many tokens, as published; 0: all
};

// One head. A key's number counts from zero: the published key 1 is key 0.
struct HeadSinks {
  // alpha_k = 1 / (T - k) * sum of A[i][k] over the queries i = k .. T-1, of rows that were
  // normalised first if the kind does not do it. Without causality: over all queries. Published for
  // attention without a window: queries that no longer see the key count, as zeros.
  std::vector<double> received;
  std::vector<double> mass_share;   // sum_i |A[i][k]| / sum_ij |A[i][j]|
  std::vector<double> value_share;  // the same of |A[i][k]| |v_k|; empty without value norms
  double row_mass = 0;              // mean over queries of sum_j |A[i][j]|
  double virtual_received = 0;      // alpha_*: mean over queries of 1 - row mass; normalised kinds
};

// weights [query][key], square; value_norms: one per key, or empty.
HeadSinks measure_head(TensorView<const float, 2> weights, std::span<const float> value_norms,
                       bool normalised, bool causal, const SinkConfig& config = {});

// [layer][head]
std::vector<std::vector<HeadSinks>> measure_sinks(const AttentionTrace& trace,
                                                  const SinkConfig& config = {});

// Sink_k^epsilon: the share of all heads, averaged over layers, in which alpha_k > epsilon.
double sink_rate(const std::vector<std::vector<HeadSinks>>& heads, std::size_t key,
                 const SinkConfig& config = {});
double virtual_sink_rate(const std::vector<std::vector<HeadSinks>>& heads,
                         const SinkConfig& config = {});  // Sink_*^epsilon

// |v_k| / mean |v|: values of sink tokens drain. The mean is over all keys of the head.
std::vector<double> value_drain(std::span<const float> value_norms);

}  // namespace limpid::analysis
