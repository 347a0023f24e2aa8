// SPDX-License-Identifier: MIT
#include "models/deftan2/network.h"

namespace limpid::models {

Result<Deftan2Network> Deftan2Network::load(io::Weights& weights, const Deftan2Config& config) {
  return read_tensors(weights, [&](TensorReader& reader) {
    Deftan2Network network{config, {}, {}, {}, {}};
    network.encoder = load_encoder(reader, config);
    for (int i = 0; i < config.layers; ++i) {
      const std::string prefix = "blocks." + std::to_string(i);
      network.along_frequency.push_back(load_half(reader, prefix, config, i, 'F'));
      network.along_time.push_back(load_half(reader, prefix, config, i, 'T'));
    }
    network.decoder = load_decoder(reader, config);
    return network;
  });
}

}  // namespace limpid::models
