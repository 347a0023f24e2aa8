// SPDX-License-Identifier: MIT
// How every enhancer is made of its file: config, network, and what people are told about it.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "models/card.h"

namespace limpid::models {

// A Product, which takes its Network and a ModelSpec, of the file that `parse` understands the
// config of. `describe` completes the spec, which has one rate, the network's, before. bad_format.
template <class Product, class Network, class Config>
Result<std::shared_ptr<const Model>> make_model(io::Weights weights, const char* architecture,
                                                Result<Config> (*parse)(std::string_view json,
                                                                        const std::string& origin),
                                                void (*describe)(const Config& config,
                                                                 ModelSpec& spec)) {
  auto config = parse(weights.metadata("config"), weights.origin());
  if (!config) return config.error();
  auto network = Network::load(weights, *config);
  if (!network) return network.error();

  ModelSpec spec = spec_from_card(weights);
  spec.architecture = architecture;
  spec.sample_rate = spec.min_rate = spec.max_rate = config->sample_rate;
  spec.macs_per_second = config->macs_per_second();
  describe(*config, spec);
  return std::shared_ptr<const Model>(
      std::make_shared<const Product>(*std::move(network), std::move(spec)));
}

}  // namespace limpid::models
