// SPDX-License-Identifier: MIT
#include "models/deftan2/config.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "models/config_fields.h"
#include "models/rates.h"

namespace limpid::models {
namespace {

constexpr NumberField<Deftan2Config> kNumbers[] = {
    {"sample_rate", &Deftan2Config::sample_rate, kLowestRate, kHighestRate},
    {"microphones", &Deftan2Config::microphones, 1, 64},
    {"layers", &Deftan2Config::layers, 1, 16},
    {"channels", &Deftan2Config::channels, 1, 512},
    {"unfold", &Deftan2Config::unfold, 2, 4},
    {"heads", &Deftan2Config::heads, 1, 32},
    {"head_width", &Deftan2Config::head_width, 1, 256},
    {"hidden", &Deftan2Config::hidden, 2, 2048}};
// Dilation along time doubles with every layer.
constexpr int kMaxCausalLayers = 10, kMaxHorizon = 1'000'000;

// The first thing wrong with the numbers, or "".
std::string config_problem(const Deftan2Config& c) {
  if (auto problem = range_problem(kNumbers, c); !problem.empty()) return problem;
  if (c.hidden % 2 != 0) return "hidden must be even: both paths have half of it";
  if (!(c.hop >= 0.001 && c.hop <= 0.1)) return "hop must be 0.001..0.1 seconds";
  if (std::lround(c.window * c.sample_rate) != c.window_samples()) return "window must be two hops";
  if (c.compression != 1.0f && c.compression != 0.5f) return "compression must be 1 or 0.5";
  if (!c.causal) return "";
  if (auto problem = range_problem("level_horizon", c.level_horizon, 1, kMaxHorizon);
      !problem.empty())
    return problem;
  return range_problem("layers of a causal network", c.layers, 1, kMaxCausalLayers);
}

Deftan2Config read(const nlohmann::json& j) {
  Deftan2Config c;
  read_numbers(j, kNumbers, c);
  c.window = j.at("window").get<double>();
  c.hop = j.at("hop").get<double>();
  c.causal = j.at("causal").get<bool>();
  if (!c.causal) return c;
  c.level_horizon = whole_number(j, "level_horizon");
  c.compression = j.value("compression", c.compression);
  c.filter = one_of<bool>(j, "output", {{"filter", true}, {"spectrum", false}});
  c.relative = one_of<bool>(j, "input", {{"relative", true}, {"plain", false}}, "plain");
  return c;
}

}  // namespace

int Deftan2Config::hop_samples() const LIMPID_REALTIME {
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
  return read_config(json, origin, "DeFTAN-II", read, config_problem);
}

}  // namespace limpid::models
