// SPDX-License-Identifier: MIT
// Reads a U-Net by the official tensor names.
#include <algorithm>

#include "lib/nn/scratch.h"
#include "models/frcrn/unet.h"
#include "models/tensor_reader.h"

namespace limpid::models {
namespace {

std::string numbered(const std::string& prefix, const char* name, int index) {
  return prefix + "." + name + std::to_string(index);
}

}  // namespace

Unet Unet::load(io::Weights& weights, const std::string& prefix, const FrcrnConfig& config,
                std::span<const float> frozen) {
  Unet unet;
  unet.config_ = config;
  unet.encoders_.resize(config.channels.size());
  unet.decoders_.resize(config.channels.size());
  for (int i = 0; i < config.depth(); ++i) {
    unet.load_encoder(weights, prefix, i, frozen);
    unet.load_decoder(weights, prefix, i, frozen);
  }
  const int layers = config.time_order > 0 ? config.time_layers : 0;
  for (int layer = 1; layer <= layers; ++layer)
    unet.time_.push_back(TensorReader::taken(nn::ComplexFsmn::load(
        weights, prefix + ".fsmn", layer, config.channels.back(), config.time_order)));
  unet.load_output(weights, prefix);
  return unet;
}

// Gates of the encoders are all but the deepest; those of the decoders all but the last two.
void Unet::load_encoder(io::Weights& weights, const std::string& prefix, int level,
                        std::span<const float> frozen) {
  const nn::ConvShape shape = config_.encoder(level);
  Encoder& encoder = encoders_[static_cast<std::size_t>(level)];
  encoder.conv = TensorReader::taken(
      nn::ComplexConv::load(weights, numbered(prefix, "encoder", level), shape));
  if (level > 0 && config_.frequency_order > 0)
    encoder.recurrence =
        TensorReader::taken(nn::ComplexFsmn::load(weights, numbered(prefix, "fsmn_enc", level), 1,
                                                  shape.in_channels, config_.frequency_order));
  if (level + 1 == config_.depth()) return;
  encoder.gate = load_gate(weights, numbered(prefix, "se_layer_enc", level), shape.out_channels,
                           level, frozen);
}

void Unet::load_decoder(io::Weights& weights, const std::string& prefix, int stage,
                        std::span<const float> frozen) {
  const nn::ConvShape shape = config_.decoder(stage);
  Decoder& decoder = decoders_[static_cast<std::size_t>(stage)];
  decoder.conv = TensorReader::taken(
      nn::ComplexTransposedConv::load(weights, numbered(prefix, "decoder", stage), shape));
  if (stage + 1 < config_.depth() && config_.frequency_order > 0)
    decoder.recurrence =
        TensorReader::taken(nn::ComplexFsmn::load(weights, numbered(prefix, "fsmn_dec", stage), 1,
                                                  shape.out_channels, config_.frequency_order));
  if (stage + 2 >= config_.depth()) return;
  decoder.gate = load_gate(weights, numbered(prefix, "se_layer_dec", stage), shape.out_channels,
                           config_.depth() - 1 + stage, frozen);
}

// `index` counts the gates of this network: encoders first, then decoders.
nn::SqueezeExcitation Unet::load_gate(io::Weights& weights, const std::string& prefix, int channels,
                                      int index, std::span<const float> frozen) const {
  if (config_.pooling == nn::Pooling::none) return {};
  const nn::SqueezeExcitation::Shape shape{config_.pooling, channels, config_.reduction,
                                           config_.pooling_horizon};
  const auto size = 2 * static_cast<std::size_t>(channels);
  const auto mine =
      frozen.empty() ? frozen : frozen.subspan(static_cast<std::size_t>(index) * size, size);
  return TensorReader::taken(nn::SqueezeExcitation::load(weights, prefix, shape, mine));
}

void Unet::load_output(io::Weights& weights, const std::string& prefix) {
  const std::string name = prefix + ".linear.conv";
  const int taps = config_.taps;
  TensorReader reader(weights);
  linear_.re = reader.take(name + "_re.weight", {taps, taps, 1, 1});
  linear_.im = reader.take(name + "_im.weight", {taps, taps, 1, 1});
  const auto bias_a = reader.take(name + "_re.bias", {taps});
  const auto bias_b = reader.take(name + "_im.bias", {taps});
  for (std::size_t k = 0; k < bias_a.size(); ++k) {
    linear_.bias_re.push_back(bias_a[k] - bias_b[k]);
    linear_.bias_im.push_back(bias_a[k] + bias_b[k]);
  }
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
