// SPDX-License-Identifier: MIT
#include "models/deftan2/network.h"

namespace limpid::models {

Result<Deftan2Network> Deftan2Network::load(io::Weights& weights, const Deftan2Config& config) {
  Deftan2Network network{config, {}, {}, {}, {}};
  TensorReader reader(weights);
  network.encoder = load_encoder(reader, config);
  for (int i = 0; i < config.layers && reader.status(); ++i) {
    const std::string prefix = "blocks." + std::to_string(i);
    network.along_frequency.push_back(load_half(reader, prefix, config, i, 'F'));
    network.along_time.push_back(load_half(reader, prefix, config, i, 'T'));
  }
  if (reader.status()) network.decoder = load_decoder(reader, config);
  if (!reader.status()) return reader.status().error();
  if (auto done = weights.all_used(); !done) return done.error();
  return network;
}

}  // namespace limpid::models
