// SPDX-License-Identifier: MIT
#include "models/avsr/config.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "models/config_fields.h"

namespace limpid::models::avsr {
namespace {

constexpr int kMaxWidth = 4096, kMaxWords = 1 << 16, kMaxTokens = 1 << 16;

bool within(int value, int low, int high) {
  return value >= low && value <= high;
}

// The first thing wrong with the numbers themselves, or "".
std::string config_problem(const Config& c) {
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

Config read(const nlohmann::json& j) {
  Config c;
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
  c.compression = one_of<Compression>(
      j, "compression", {{"average", Compression::average}, {"stack", Compression::stack}});
  c.attention = one_of<nn::AttentionKind>(j, "attention",
                                          {{"softmax", nn::AttentionKind::softmax},
                                           {"sink_logit", nn::AttentionKind::sink_logit},
                                           {"sigmoid", nn::AttentionKind::sigmoid}});
  return c;
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
  return read_config(json, origin, "recogniser", read, config_problem);
}

}  // namespace limpid::models::avsr
