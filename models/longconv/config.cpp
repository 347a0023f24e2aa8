// SPDX-License-Identifier: MIT
#include "models/longconv/config.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>

#include "models/config_fields.h"
#include "models/longconv/microphones.h"

namespace limpid::models {
namespace {

struct Range {
  const char* key;
  int LongConvConfig::*value;
  int low, high;
  bool optional = false;  // the member's default stands where the file has none
};

constexpr Range kRanges[] = {
    {"sample_rate", &LongConvConfig::sample_rate, 8000, 96000},
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
    {"coherence_horizon", &LongConvConfig::coherence_horizon, 1, 1'000'000, true}};
constexpr int kMostBands = 256, kWidest = 8192;

// The first thing wrong with the numbers themselves, or "".
std::string range_problem(const LongConvConfig& c) {
  for (const Range& range : kRanges)
    if (c.*range.value < range.low || c.*range.value > range.high)
      return std::string(range.key) + " must be " + std::to_string(range.low) + ".." +
             std::to_string(range.high);
  if (c.microphones > 1 && c.any_rate)
    return "networks for several microphones have one rate: any_rate must be false";
  if (!(c.hop >= 0.001 && c.hop <= 0.1 && c.window >= 0.002 && c.window <= 0.2))
    return "window and hop must be 0.001..0.2 seconds";
  if (!whole_hops(c.window, c.hop) || std::lround(c.window / c.hop) != 2)
    return "window must be two hops";
  if (c.bands.empty() || c.bands.size() > kMostBands)
    return "there must be 1.." + std::to_string(kMostBands) + " bands";
  if (c.width() > kWidest) return "bands times channels must be at most " + std::to_string(kWidest);
  std::int64_t bins = 0;
  for (const int width : c.bands) {
    if (width < 1 || width > c.bins())
      return "a band must have 1.." + std::to_string(c.bins()) + " bins";
    bins += width;
  }
  if (bins != c.bins())
    return "bands have " + std::to_string(bins) + " bins together where the spectrum has " +
           std::to_string(c.bins());
  return "";
}

}  // namespace

int LongConvConfig::bins() const noexcept {
  const long samples = std::lround(window / hop) * std::lround(hop * sample_rate);
  return static_cast<int>(samples / 2 + 1);
}

MaskTraits LongConvConfig::traits() const noexcept {
  return {window, hop, bins(), taps, 0, voice, microphones};
}

int LongConvConfig::past() const noexcept {
  int means = LevelFeatures::settle(level_horizon);
  if (microphones > 1) means = std::max(means, MicrophoneFeatures::settle(coherence_horizon));
  return blocks * (long_taps - 1 + short_taps - 1) + means;
}

double LongConvConfig::macs_per_second() const noexcept {
  const double c = channels;
  const double remember = c * short_taps + memory * (4 * c + long_taps);
  const double block = band_count() * (remember + 2 * c * (hidden + exchange));
  const double ends = bins() * (masks() * (2 * c + 4) + microphones * kFeatures * c);
  return (blocks * block + ends) / hop;
}

Result<LongConvConfig> parse_longconv_config(std::string_view json, const std::string& origin) {
  LongConvConfig c;
  std::string problem;
  try {
    const auto j = nlohmann::json::parse(json);
    for (const Range& range : kRanges)
      if (!range.optional || j.contains(range.key)) c.*range.value = whole_number(j, range.key);
    c.window = j.at("window").get<double>();
    c.hop = j.at("hop").get<double>();
    c.any_rate = j.at("any_rate").get<bool>();
    c.bands = whole_numbers(j, "bands");
    c.voice = j.value("voice", c.voice);
  } catch (const std::exception& e) {
    problem = e.what();
  }
  if (problem.empty()) problem = range_problem(c);
  if (!problem.empty())
    return Error{ErrorCode::bad_format, origin + ": LongConv config: " + problem};
  return c;
}

}  // namespace limpid::models
