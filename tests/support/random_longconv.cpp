// SPDX-License-Identifier: MIT
#include "tests/support/random_longconv.h"

#include <cmath>

#include "models/longconv/longconv.h"

namespace limpid::test {
namespace {

void linear(WeightsBuilder& file, const std::string& name, int out, int in) {
  file.add(name + ".weight", {out, in}, std::sqrt(3.0f / static_cast<float>(in)));
  file.add(name + ".bias", {out}, 0.3f);
}

void norm(WeightsBuilder& file, const std::string& name, int channels) {
  file.add(name + ".weight", {channels}, 0.2f, 1.0f);
  file.add(name + ".bias", {channels}, 0.3f);
}

void perceptron(WeightsBuilder& file, const std::string& name, int channels, int width,
                int hidden) {
  norm(file, name + ".norm", channels);
  linear(file, name + ".inputs", hidden, width);
  linear(file, name + ".outputs", width, hidden);
}

void memory(WeightsBuilder& file, const std::string& name, const LongConvRecipe& r) {
  norm(file, name + ".norm", r.channels);
  file.add(name + ".short", {r.short_taps, r.channels}, 0.8f);
  linear(file, name + ".inputs", 3 * r.memory, r.channels);
  linear(file, name + ".filters.first", r.filter_hidden, 17);
  linear(file, name + ".filters.second", r.memory, r.filter_hidden);
  file.add(name + ".filters.log_decay", {r.memory}, 0.9f, r.log_decay);
  linear(file, name + ".outputs", r.channels, r.memory);
}

std::string number(const char* key, int value) {
  return std::string(",\"") + key + "\":" + std::to_string(value);
}

}  // namespace

std::string longconv_metadata(const LongConvRecipe& r) {
  std::string bands;
  for (int width : r.bands) bands += (bands.empty() ? "" : ",") + std::to_string(width);
  const std::string config =
      R"({"architecture":"longconv","sample_rate":16000,"window":0.02,"hop":0.01,"any_rate":true)" +
      (r.microphones == 1 ? std::string()
                          : number("coherence_horizon", 7) + number("microphones", r.microphones)) +
      (r.steady_frames == 0 ? std::string()
                            : number("steady_frames", r.steady_frames) +
                                  number("steady_horizon", r.steady_horizon)) +
      ",\"analysis_window\":" + std::to_string(r.analysis_window) +
      number("level_horizon", r.level_horizon) + number("channels", r.channels) +
      number("blocks", r.blocks) + number("memory", r.memory) + number("short_taps", r.short_taps) +
      number("long_taps", r.long_taps) + number("filter_hidden", r.filter_hidden) +
      number("exchange", r.exchange) + number("hidden", r.hidden) + number("taps", r.taps) +
      ",\"bands\":[" + bands + "],\"voice\":" + (r.voice ? "true}" : "false}");
  return metadata_of(config);
}

WeightsBuilder longconv_weights(const LongConvRecipe& r) {
  WeightsBuilder file(r.seed);
  const int width = r.channels * static_cast<int>(r.bands.size());
  for (std::size_t band = 0; band < r.bands.size(); ++band) {
    linear(file, "split." + std::to_string(band), r.channels, 4 * r.microphones * r.bands[band]);
    linear(file, "masks_of." + std::to_string(band),
           2 * (r.taps + r.microphones - 1) * r.bands[band], r.channels);
  }
  for (int i = 0; i < r.blocks; ++i) {
    const std::string block = "blocks." + std::to_string(i);
    memory(file, block + ".memory", r);
    perceptron(file, block + ".exchange", r.channels, width, r.exchange);
    perceptron(file, block + ".refine", r.channels, r.channels, r.hidden);
  }
  norm(file, "norm", r.channels);
  if (r.voice) linear(file, "voice", 1, r.channels);
  return file;
}

std::shared_ptr<const Model> random_longconv(const LongConvRecipe& recipe) {
  auto model = models::make_longconv(longconv_weights(recipe).weights(longconv_metadata(recipe)));
  EXPECT_TRUE(model) << model.error().message;
  return model ? *model : nullptr;
}

}  // namespace limpid::test
