// SPDX-License-Identifier: MIT
#include "models/avsr/config.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "models/config_fields.h"

namespace limpid::models::avsr {
namespace {

constexpr int kMaxWidth = 4096, kMaxWords = 1 << 16, kMaxTokens = 1 << 16;

std::optional<nn::AttentionKind> attention_kind(const std::string& name) {
  if (name == "softmax") return nn::AttentionKind::softmax;
  if (name == "sink_logit") return nn::AttentionKind::sink_logit;
  if (name == "sigmoid") return nn::AttentionKind::sigmoid;
  return std::nullopt;
}

bool within(int value, int low, int high) {
  return value >= low && value <= high;
}

// The first thing wrong with the numbers themselves, or "".
std::string range_problem(const Config& c) {
  if (!within(c.sample_rate, 8000, 48000)) return "sample_rate must be 8000..48000";
  if (!within(c.hop, 16, 4096) || !within(c.window, 2 * c.hop, 16 * c.hop) ||
      c.window % c.hop != 0 || c.window % 2 != 0)
    return "window must be even and 2..16 times the hop, the hop 16..4096 samples";
  if (!within(c.bands, 1, c.window / 2)) return "bands must be 1..window / 2";
  for (const int width : {c.lip_size, c.encoder, c.lip_encoder, c.projector, c.width, c.hidden})
    if (!within(width, 1, kMaxWidth)) return "widths must be 1.." + std::to_string(kMaxWidth);
  if (!within(c.kernel, 1, 15) || c.kernel % 2 == 0) return "kernel must be odd, 1..15";
  if (!within(c.rate, 1, 64) || !within(c.lip_frames, 1, 64))
    return "rate and lip_frames must be 1..64";
  if (!within(c.layers, 1, 64)) return "layers must be 1..64";
  if (!within(c.heads, 1, c.width) || c.width % c.heads != 0 || c.width / c.heads % 2 != 0)
    return "heads must divide the width into even parts";
  if (!within(c.window_tokens, 1, kMaxTokens) || !within(c.sigmoid_window, 1, kMaxTokens))
    return "window_tokens and sigmoid_window must be 1.." + std::to_string(kMaxTokens);
  if (c.words.empty() || c.words.size() > kMaxWords)
    return "there must be 1.." + std::to_string(kMaxWords) + " words";
  return "";
}

}  // namespace

nn::AttentionConfig Config::attention_config() const noexcept {
  nn::AttentionConfig config;
  config.kind = attention;
  config.heads = heads;
  config.width = width / heads;
  config.past = window_tokens - 1;
  config.position = nn::AttentionPosition::rotary;
  config.gate = gate ? nn::AttentionGate::head : nn::AttentionGate::none;
  if (attention == nn::AttentionKind::sigmoid)
    config.bias = -std::log(static_cast<float>(sigmoid_window));
  return config;
}

Result<Config> parse_config(std::string_view json, const std::string& origin) {
  Config c;
  std::string problem;
  try {
    const auto j = nlohmann::json::parse(json);
    const auto number = [&j](const char* key, int& value) { value = whole_number(j, key); };
    number("sample_rate", c.sample_rate);
    number("window", c.window);
    number("hop", c.hop);
    number("bands", c.bands);
    number("lip_size", c.lip_size);
    number("lip_frames", c.lip_frames);
    number("encoder", c.encoder);
    number("lip_encoder", c.lip_encoder);
    number("kernel", c.kernel);
    number("rate", c.rate);
    number("projector", c.projector);
    number("width", c.width);
    number("layers", c.layers);
    number("heads", c.heads);
    number("hidden", c.hidden);
    number("window_tokens", c.window_tokens);
    number("sigmoid_window", c.sigmoid_window);
    c.gate = j.at("gate").get<bool>();
    c.words = j.at("words").get<std::vector<std::string>>();
    const auto compression = j.at("compression").get<std::string>();
    c.compression = compression == "stack" ? Compression::stack : Compression::average;
    if (compression != "stack" && compression != "average")
      problem = "compression '" + compression + "' is none of average, stack";
    const auto kind = j.at("attention").get<std::string>();
    if (const auto known = attention_kind(kind))
      c.attention = *known;
    else
      problem = "attention '" + kind + "' is none of softmax, sink_logit, sigmoid";
  } catch (const std::exception& e) {
    problem = e.what();
  }
  if (problem.empty()) problem = range_problem(c);
  if (!problem.empty())
    return Error{ErrorCode::bad_format, origin + ": recogniser config: " + problem};
  return c;
}

}  // namespace limpid::models::avsr
