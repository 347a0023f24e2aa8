// SPDX-License-Identifier: MIT
#include "models/card.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "lib/io/safetensors_layout.h"

namespace limpid::models {
namespace {

constexpr int kMaxLanes = 65536, kMaxFrames = 1 << 20, kMaxThreads = 1024;

std::string text(const nlohmann::json& card, const char* key, std::string otherwise) {
  const auto found = card.find(key);
  return found != card.end() && found->is_string() ? found->get<std::string>() : otherwise;
}

Status check_session(const SessionConfig& config) {
  if (config.lanes < 1 || config.lanes > kMaxLanes) {
    return Error{ErrorCode::invalid_argument, "lanes is " + std::to_string(config.lanes) +
                                                  ", must be 1.." + std::to_string(kMaxLanes)};
  }
  if (config.max_frames < 1 || config.max_frames > kMaxFrames) {
    return Error{ErrorCode::invalid_argument, "max_frames is " + std::to_string(config.max_frames) +
                                                  ", must be 1.." + std::to_string(kMaxFrames)};
  }
  return Done{};
}

}  // namespace

ModelSpec spec_from_card(const io::Weights& weights) {
  ModelSpec spec;
  spec.config = weights.metadata("config");
  spec.card = weights.metadata("card");
  // A file without a card is still a model: the card informs people, not the network.
  auto card = nlohmann::json::parse(spec.card, nullptr, false);
  if (!card.is_object()) card = nlohmann::json::object();
  spec.name = text(card, "name", weights.origin());
  spec.summary = text(card, "summary", "");
  spec.licence = text(card, "licence", "not stated");
  for (const auto& [name, tensor] : weights.tensors()) {
    if (name.find(".running_") != name.npos) continue;  // statistics of batch norms: not trained
    if (weights.is_scale(name)) continue;
    std::uint64_t count = 0;
    io::element_count(tensor.shape, count);  // which fits: it was checked against the file
    spec.parameters += static_cast<std::int64_t>(count);
  }
  return spec;
}

Status check_open(const Model& model, const SessionConfig& config, const char* why_windowed) {
  if (auto format = model.format(config.sample_rate); !format) return format.error();
  if (auto checked = check_session(config); !checked) return checked;
  if (model.spec().memory == Memory::windowed)
    return Error{ErrorCode::unsupported, model.spec().name + " " + why_windowed};
  return Done{};
}

Status check_exact(const ModelSpec& spec, AudioView<const float> audio, int threads) {
  if (audio.extent(0) != spec.input_channels) return wrong_channels(spec, audio.extent(0));
  if (threads < 1 || threads > kMaxThreads) {
    return Error{ErrorCode::invalid_argument, "threads is " + std::to_string(threads) +
                                                  ", must be 1.." + std::to_string(kMaxThreads)};
  }
  return Done{};
}

Error wrong_channels(const ModelSpec& spec, std::ptrdiff_t found) {
  return {ErrorCode::invalid_argument, "model " + spec.name + " needs recordings with " +
                                           std::to_string(spec.input_channels) +
                                           " channels, found " + std::to_string(found)};
}

Error unsupported_rate(const ModelSpec& spec, int sample_rate) {
  const std::string range =
      spec.min_rate == spec.max_rate
          ? std::to_string(spec.min_rate) + " Hz only"
          : std::to_string(spec.min_rate) + ".." + std::to_string(spec.max_rate) + " Hz";
  return {ErrorCode::unsupported, "model " + spec.name + " runs at " + range + ", not at " +
                                      std::to_string(sample_rate) + " Hz"};
}

Error out_of_memory(const ModelSpec& spec, const SessionConfig& config) {
  return {ErrorCode::out_of_memory, "no memory for " + std::to_string(config.lanes) + " lanes of " +
                                        std::to_string(config.max_frames) + " frames of " +
                                        spec.name};
}

Error out_of_memory(const ModelSpec& spec, AudioView<const float> audio) {
  return {ErrorCode::out_of_memory, "no memory for the exact pass of " + spec.name + " over " +
                                        std::to_string(audio.extent(1)) + " samples"};
}

Tensor<float, 2> one_channel(std::span<const float> samples) {
  Tensor<float, 2> result({1, std::ssize(samples)});
  std::ranges::copy(samples, result.view()[0].data());
  return result;
}

}  // namespace limpid::models
