// SPDX-License-Identifier: MIT
// Reads a U-Net by the official tensor names.
#include <algorithm>

#include "lib/nn/scratch.h"
#include "models/frcrn/unet.h"

namespace limpid::models {
namespace {

std::string numbered(const std::string& prefix, const char* name, int index) {
  return prefix + "." + name + std::to_string(index);
}

// Moves the value out, or tells what went wrong.
template <class T>
Status take(Result<T> loaded, T& into) {
  if (!loaded) return std::move(loaded).error();
  into = *std::move(loaded);
  return Done{};
}

}  // namespace

Result<Unet> Unet::load(io::Weights& weights, const std::string& prefix, const FrcrnConfig& config,
                        std::span<const float> frozen) {
  Unet unet;
  unet.config_ = config;
  unet.encoders_.resize(config.channels.size());
  unet.decoders_.resize(config.channels.size());
  for (int i = 0; i < config.depth(); ++i) {
    if (auto done = unet.load_encoder(weights, prefix, i, frozen); !done) return done.error();
    if (auto done = unet.load_decoder(weights, prefix, i, frozen); !done) return done.error();
  }
  const int layers = config.time_order > 0 ? config.time_layers : 0;
  for (int layer = 1; layer <= layers; ++layer) {
    auto recurrence = nn::ComplexFsmn::load(weights, prefix + ".fsmn", layer,
                                            config.channels.back(), config.time_order);
    if (!recurrence) return recurrence.error();
    unet.time_.push_back(*std::move(recurrence));
  }
  if (auto done = unet.load_output(weights, prefix); !done) return done.error();
  return unet;
}

// Gates of the encoders are all but the deepest; those of the decoders all but the last two.
Status Unet::load_encoder(io::Weights& weights, const std::string& prefix, int level,
                          std::span<const float> frozen) {
  const nn::ConvShape shape = config_.encoder(level);
  Encoder& encoder = encoders_[static_cast<std::size_t>(level)];
  auto done =
      take(nn::ComplexConv::load(weights, numbered(prefix, "encoder", level), shape), encoder.conv);
  if (done && level > 0 && config_.frequency_order > 0) {
    done = take(nn::ComplexFsmn::load(weights, numbered(prefix, "fsmn_enc", level), 1,
                                      shape.in_channels, config_.frequency_order),
                encoder.recurrence);
  }
  if (!done || level + 1 == config_.depth()) return done;
  return load_gate(weights, numbered(prefix, "se_layer_enc", level), shape.out_channels, level,
                   frozen, encoder.gate);
}

Status Unet::load_decoder(io::Weights& weights, const std::string& prefix, int stage,
                          std::span<const float> frozen) {
  const nn::ConvShape shape = config_.decoder(stage);
  Decoder& decoder = decoders_[static_cast<std::size_t>(stage)];
  auto done =
      take(nn::ComplexTransposedConv::load(weights, numbered(prefix, "decoder", stage), shape),
           decoder.conv);
  if (done && stage + 1 < config_.depth() && config_.frequency_order > 0) {
    done = take(nn::ComplexFsmn::load(weights, numbered(prefix, "fsmn_dec", stage), 1,
                                      shape.out_channels, config_.frequency_order),
                decoder.recurrence);
  }
  if (!done || stage + 2 >= config_.depth()) return done;
  return load_gate(weights, numbered(prefix, "se_layer_dec", stage), shape.out_channels,
                   config_.depth() - 1 + stage, frozen, decoder.gate);
}

// `index` counts the gates of this network: encoders first, then decoders.
Status Unet::load_gate(io::Weights& weights, const std::string& prefix, int channels, int index,
                       std::span<const float> frozen, nn::SqueezeExcitation& gate) {
  if (config_.pooling == nn::Pooling::none) return Done{};
  const nn::SqueezeExcitation::Shape shape{config_.pooling, channels, config_.reduction,
                                           config_.pooling_horizon};
  const auto size = 2 * static_cast<std::size_t>(channels);
  const auto mine =
      frozen.empty() ? frozen : frozen.subspan(static_cast<std::size_t>(index) * size, size);
  return take(nn::SqueezeExcitation::load(weights, prefix, shape, mine), gate);
}

Status Unet::load_output(io::Weights& weights, const std::string& prefix) {
  const std::string name = prefix + ".linear.conv";
  const int taps = config_.taps;
  const auto a = weights.find(name + "_re.weight", {taps, taps, 1, 1});
  const auto b = weights.find(name + "_im.weight", {taps, taps, 1, 1});
  const auto bias_a = weights.find(name + "_re.bias", {taps});
  const auto bias_b = weights.find(name + "_im.bias", {taps});
  for (const auto* tensor : {&a, &b, &bias_a, &bias_b})
    if (!*tensor) return tensor->error();
  linear_.re.assign(a->begin(), a->end());
  linear_.im.assign(b->begin(), b->end());
  for (std::size_t k = 0; k < static_cast<std::size_t>(taps); ++k) {
    linear_.bias_re.push_back((*bias_a)[k] - (*bias_b)[k]);
    linear_.bias_im.push_back((*bias_a)[k] + (*bias_b)[k]);
  }
  return Done{};
}

std::size_t Unet::scratch(int lanes) const {
  std::size_t most = 0;
  for (int i = 0; i < config_.depth(); ++i) {
    const auto at = static_cast<std::size_t>(i);
    most = std::max({most, encoders_[at].conv.scratch(lanes), decoders_[at].conv.scratch(lanes),
                     encoders_[at].gate.scratch(lanes), decoders_[at].gate.scratch(lanes),
                     encoders_[at].recurrence.scratch(lanes, config_.encoder(i).in_rows),
                     decoders_[at].recurrence.scratch(
                         lanes, nn::ComplexTransposedConv::out_rows(config_.decoder(i)))});
  }
  for (const nn::ComplexFsmn& layer : time_) most = std::max(most, layer.scratch(lanes, 1));
  return nn::scratch_size(most);
}

}  // namespace limpid::models
