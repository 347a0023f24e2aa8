// SPDX-License-Identifier: MIT
#include "models/deftan2/config.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "models/config_fields.h"

namespace limpid::models {
namespace {

struct Range {
  const char* name;
  int value, low, high;
};

// The first thing wrong with the numbers, or "". Dilation doubles with every layer.
std::string range_problem(const Deftan2Config& c) {
  const Range ranges[] = {{"sample_rate", c.sample_rate, 8000, 96000},
                          {"microphones", c.microphones, 1, 64},
                          {"layers", c.layers, 1, 16},
                          {"channels", c.channels, 1, 512},
                          {"unfold", c.unfold, 2, 4},
                          {"heads", c.heads, 1, 32},
                          {"head_width", c.head_width, 1, 256},
                          {"hidden", c.hidden, 2, 2048}};
  for (const Range& r : ranges)
    if (r.value < r.low || r.value > r.high)
      return std::string(r.name) + " is " + std::to_string(r.value) + ", must be " +
             std::to_string(r.low) + ".." + std::to_string(r.high);
  if (c.hidden % 2 != 0) return "hidden must be even: both paths have half of it";
  if (!(c.hop >= 0.001 && c.hop <= 0.1)) return "hop must be 0.001..0.1 seconds";
  if (std::lround(c.window * c.sample_rate) != c.window_samples()) return "window must be two hops";
  if (c.causal && (c.level_horizon < 1 || c.level_horizon > 1'000'000))
    return "level_horizon must be 1..1000000";
  if (c.compression != 1.0f && c.compression != 0.5f) return "compression must be 1 or 0.5";
  if (c.causal && c.layers > 10) return "layers must be 1..10 for a causal network";
  return "";
}

// Whether `value` is the first of the two words that it may be.
bool one_of(const std::string& value, const std::string& key, const char* yes, const char* no) {
  if (value != yes && value != no)
    throw std::invalid_argument(key + " '" + value + "' is neither " + yes + " nor " + no);
  return value == yes;
}

Deftan2Config read(const nlohmann::json& j) {
  Deftan2Config c;
  c.sample_rate = whole_number(j, "sample_rate");
  c.window = j.at("window").get<double>();
  c.hop = j.at("hop").get<double>();
  c.microphones = whole_number(j, "microphones");
  c.layers = whole_number(j, "layers");
  c.channels = whole_number(j, "channels");
  c.unfold = whole_number(j, "unfold");
  c.heads = whole_number(j, "heads");
  c.head_width = whole_number(j, "head_width");
  c.hidden = whole_number(j, "hidden");
  c.causal = j.at("causal").get<bool>();
  if (!c.causal) return c;
  c.level_horizon = whole_number(j, "level_horizon");
  c.compression = j.value("compression", c.compression);
  c.filter = one_of(j.at("output").get<std::string>(), "output", "filter", "spectrum");
  c.relative = one_of(j.value("input", std::string("plain")), "input", "relative", "plain");
  return c;
}

}  // namespace

int Deftan2Config::hop_samples() const noexcept {
  return static_cast<int>(std::lround(hop * sample_rate));
}

double Deftan2Config::macs_per_second() const {
  const double c = channels, k = unfold, g = heads, d = head_width, h = hidden, out = outputs();
  const double half = 3 * c * c * (2 * k - 1) + 6 * c * c + 4 * c * g * d + 2 * g * d * d +
                      2 * c * h + 5 * h * h / 4 + k * c * c;
  const double ends =
      9 * (inputs() * c * g + c * c * (2 * g - 1) + c * out * g + out * out * (2 * g - 1));
  return (2 * layers * half + ends) * bins() / hop;
}

Result<Deftan2Config> parse_deftan2_config(std::string_view json, const std::string& origin) {
  Deftan2Config c;
  std::string problem;
  try {
    c = read(nlohmann::json::parse(json));
  } catch (const std::exception& e) {
    problem = e.what();
  }
  if (problem.empty()) problem = range_problem(c);
  if (!problem.empty())
    return Error{ErrorCode::bad_format, origin + ": DeFTAN-II config: " + problem};
  return c;
}

}  // namespace limpid::models
