// SPDX-License-Identifier: MIT
#include "lib/analysis/massive_activations.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>

namespace limpid::analysis {
namespace {

using FeaturesOfTokens = std::map<int, std::vector<int>>;

double median_magnitude(const Tensor<float, 2>& hidden) {
  std::vector<float> magnitudes;
  for (std::ptrdiff_t t = 0; t < hidden.extent(0); ++t)
    for (const float v : hidden.view()[t].span()) magnitudes.push_back(std::abs(v));
  if (magnitudes.empty()) return 0;
  const std::size_t upper = magnitudes.size() / 2, lower = (magnitudes.size() - 1) / 2;
  std::ranges::nth_element(magnitudes, magnitudes.begin() + static_cast<std::ptrdiff_t>(upper));
  const double above = magnitudes[upper];
  if (lower == upper) return above;
  const auto below =
      std::max_element(magnitudes.begin(), magnitudes.begin() + static_cast<std::ptrdiff_t>(upper));
  return (above + *below) / 2;
}

FeaturesOfTokens features_of_tokens(const MassiveLayer& layer) {
  FeaturesOfTokens sets;
  for (const MassivePlace& place : layer.places) sets[place.token].push_back(place.feature);
  return sets;
}

std::vector<int> without_copies(std::vector<int> numbers) {
  std::ranges::sort(numbers);
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
  return numbers;
}

MassiveLayer measure(const Tensor<float, 2>& hidden, int index, const MassiveConfig& config) {
  MassiveLayer layer;
  layer.layer = index;
  layer.median = median_magnitude(hidden);
  const double least = std::max(config.ratio * layer.median, config.magnitude);
  for (std::ptrdiff_t t = 0; t < hidden.extent(0); ++t)
    for (std::ptrdiff_t f = 0; f < hidden.extent(1); ++f) {
      const float value = hidden.view()[t][f];
      layer.peak = std::max(layer.peak, std::abs(double{value}));
      if (least > 0 && std::abs(double{value}) >= least)
        layer.places.push_back({static_cast<int>(t), static_cast<int>(f), value});
    }
  for (const MassivePlace& place : layer.places) {
    layer.tokens.push_back(place.token);
    layer.features.push_back(place.feature);
  }
  layer.tokens = without_copies(layer.tokens);
  layer.features = without_copies(layer.features);
  layer.fixed_features =
      !layer.places.empty() && layer.places.size() == layer.tokens.size() * layer.features.size();
  return layer;
}

}  // namespace

MassiveActivations find_massive(std::span<const Tensor<float, 2>> hidden,
                                const MassiveConfig& config) {
  MassiveActivations all;
  bool any = false;
  for (std::size_t l = 0; l < hidden.size(); ++l) {
    all.layers.push_back(measure(hidden[l], static_cast<int>(l), config));
    for (const auto& [token, features] : features_of_tokens(all.layers.back())) {
      std::vector<int> common;
      std::ranges::set_intersection(all.features, features, std::back_inserter(common));
      all.features = any ? common : features;
      any = true;
    }
  }
  const auto found = [&](std::size_t l) {
    return l < all.layers.size() && !all.layers[l].places.empty();
  };
  all.in_first = found(0) || found(1);
  all.in_last = hidden.size() > 1 && found(hidden.size() - 1);
  return all;
}

}  // namespace limpid::analysis
