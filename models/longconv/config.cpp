// SPDX-License-Identifier: MIT
#include "models/longconv/config.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "lib/dsp/stft.h"
#include "lib/kernels/steady_filter.h"
#include "models/config_fields.h"
#include "models/longconv/microphones.h"
#include "models/rates.h"

namespace limpid::models {
namespace {

constexpr NumberField<LongConvConfig> kNumbers[] = {
    {"sample_rate", &LongConvConfig::sample_rate, kLowestRate, kHighestRate},
    {"level_horizon", &LongConvConfig::level_horizon, 1, 1'000'000},
    {"channels", &LongConvConfig::channels, 1, 1024},
    {"blocks", &LongConvConfig::blocks, 1, 64},
    {"memory", &LongConvConfig::memory, 1, 512},
    {"short_taps", &LongConvConfig::short_taps, 1, 16},
    {"long_taps", &LongConvConfig::long_taps, 1, 4096},
    {"filter_hidden", &LongConvConfig::filter_hidden, 1, 256},
    {"exchange", &LongConvConfig::exchange, 1, 2048},
    {"hidden", &LongConvConfig::hidden, 1, 4096},
    {"taps", &LongConvConfig::taps, 1, 8},
    {"microphones", &LongConvConfig::microphones, 1, 16, true},
    {"coherence_horizon", &LongConvConfig::coherence_horizon, 1, 1'000'000, true},
    {"steady_frames", &LongConvConfig::steady_frames, 0, kernels::kMaxSteadyInputs, true},
    {"steady_horizon", &LongConvConfig::steady_horizon, 1, 100'000, true}};
constexpr int kMaxBands = 256, kWidest = 8192;

// Real multiply-accumulates of a bin's steady filter of n inputs: sums, factorisation, solution,
// filter.
double steady_macs(double n) {
  return 4 * (n * (n + 3) / 2 + n * n * n / 6 + n * n + n);
}

// The first thing wrong with the numbers themselves, or "".
std::string config_problem(const LongConvConfig& c) {
  if (auto problem = range_problem(kNumbers, c); !problem.empty()) return problem;
  if (c.steady_frames > 0 && c.microphones == 1)
    return "only networks for several microphones have a steady filter: steady_frames must be 0";
  if (c.steady_frames * c.microphones > kernels::kMaxSteadyInputs)
    return "steady_frames times microphones must be at most " +
           std::to_string(kernels::kMaxSteadyInputs);
  if (!(c.hop >= 0.001 && c.hop <= 0.1 && c.window >= 0.002 && c.window <= 0.2))
    return "window and hop must be 0.001..0.2 seconds";
  if (!whole_hops(c.window, c.hop) || std::lround(c.window / c.hop) != 2)
    return "window must be two hops";
  // An even number of hops, as an odd one is an odd number of samples at some rates.
  if (!(c.analysis_window >= c.window - 1e-9 && c.analysis_window <= 0.2) ||
      !whole_hops(c.analysis_window, 2 * c.hop))
    return "analysis_window must be 2, 4, ... hops, from window to 0.2 seconds";
  if (c.bands.empty() || c.bands.size() > kMaxBands)
    return "there must be 1.." + std::to_string(kMaxBands) + " bands";
  if (c.width() > kWidest) return "bands times channels must be at most " + std::to_string(kWidest);
  std::int64_t bins = 0;
  for (const int width : c.bands) {
    if (width < 1) return "a band must have a bin or more";
    bins += width;
  }
  if (bins != c.bins())
    return "bands have " + std::to_string(bins) + " bins together where the spectrum has " +
           std::to_string(c.bins());
  return "";
}

LongConvConfig read(const nlohmann::json& j) {
  LongConvConfig c;
  read_numbers(j, kNumbers, c);
  c.window = j.at("window").get<double>();
  c.hop = j.at("hop").get<double>();
  c.analysis_window = j.value("analysis_window", c.window);
  c.any_rate = j.at("any_rate").get<bool>();
  c.bands = whole_numbers(j, "bands");
  c.voice = j.value("voice", c.voice);
  return c;
}

}  // namespace

int LongConvConfig::bins() const LIMPID_REALTIME {
  return dsp::stft_at(window, hop, sample_rate, analysis_window - window).bins();
}

MaskTraits LongConvConfig::traits() const LIMPID_REALTIME {
  return {window, hop,         bins(),        taps,           0,
          voice,  microphones, steady_frames, steady_horizon, analysis_window - window};
}

int LongConvConfig::past() const noexcept {
  int means = LevelFeatures::settle(level_horizon);
  if (microphones > 1) means = std::max(means, MicrophoneFeatures::settle(coherence_horizon));
  return blocks * (long_taps - 1 + short_taps - 1) + means;
}

double LongConvConfig::macs_per_second() const noexcept {
  const double c = channels;
  const double memory_macs = c * short_taps + memory * (4 * c + long_taps);
  const double block = band_count() * (memory_macs + 2 * c * (hidden + exchange));
  const double ends = bins() * (masks() * (2 * c + 4) + microphones * kFeatures * c);
  return (blocks * block + ends + bins() * steady_macs(steady_frames * microphones)) / hop;
}

Result<LongConvConfig> parse_longconv_config(std::string_view json, const std::string& origin) {
  return read_config(json, origin, "LongConv", read, config_problem);
}

}  // namespace limpid::models
