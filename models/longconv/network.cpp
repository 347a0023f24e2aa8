// SPDX-License-Identifier: MIT
#include "models/longconv/network.h"

#include <algorithm>
#include <utility>

#include "lib/kernels/elementwise.h"
#include "lib/kernels/norms.h"
#include "models/longconv/features.h"
#include "models/longconv/filters.h"
#include "models/sizes.h"

namespace limpid::models {
namespace {

// Columns [first, first + count) of rows of `width`.
kernels::Matrix<float> columns_of(std::span<float> all, int width, int rows, int first, int count) {
  return {all.data() + first, width, rows, count};
}

void multiply(const Linear& layer, const kernels::Matrix<float>& in,
              const kernels::Matrix<float>& out, int segments = 1,
              std::ptrdiff_t segment_stride = 0) LIMPID_REALTIME {
  kernels::gemm(in, segments, segment_stride, layer.weights, layer.bias, kernels::Activation::none,
                out);
}

}  // namespace

Result<LongConvNetwork> LongConvNetwork::load(io::Weights& weights, const LongConvConfig& config) {
  return read_tensors(weights, [&](TensorReader& reader) {
    LongConvNetwork network;
    network.config = config;
    for (int first = 0; const int bins : config.bands) {
      const std::string index = std::to_string(network.bands.size());
      network.bands.push_back({first, bins,
                               load_linear(reader, "split." + index, config.channels,
                                           config.microphones * kFeatures * bins, true),
                               load_linear(reader, "masks_of." + index, 2 * config.masks() * bins,
                                           config.channels, true)});
      first += bins;
    }
    for (int i = 0; i < config.blocks; ++i) {
      const std::string name = "blocks." + std::to_string(i);
      const auto filters =
          TensorReader::taken(load_implicit_filters(weights, name + ".memory.filters", config));
      network.blocks.push_back(
          {LongMemory(reader, name + ".memory", config, filters),
           Perceptron(reader, name + ".exchange", config, Perceptron::Over::frame),
           Perceptron(reader, name + ".refine", config, Perceptron::Over::band)});
    }
    network.norm = load_norm(reader, "norm", config.channels);
    if (config.voice) {
      network.voice = reader.take("voice.weight", {1, config.channels});
      network.voice_bias = reader.take("voice.bias", {1})[0];
    }
    return network;
  });
}

LongConvState::LongConvState(std::shared_ptr<const LongConvNetwork> network, int lanes,
                             int max_frames)
    : network_(std::move(network)) {
  const LongConvConfig& config = network_->config;
  std::size_t scratch = 0;
  for (const LongConvNetwork::Block& block : network_->blocks) {
    memories_.emplace_back(block.memory, arena_, lanes, max_frames);
    scratch = std::max({scratch, block.memory.scratch(lanes, max_frames),
                        block.exchange.scratch(lanes, max_frames),
                        block.refine.scratch(lanes, max_frames)});
  }
  levels_ = LevelFeatures(arena_, lanes, config.bins(), config.level_horizon);
  microphones_ = MicrophoneFeatures(arena_, lanes, config.microphones, config.bins(),
                                    config.coherence_horizon);
  const std::size_t columns = size(lanes) * size(max_frames);
  x_ = {arena_.claim<float>(columns * size(config.width())).data(), lanes, 0, config.band_count(),
        config.channels};
  features_ = arena_.claim<float>(columns * size(config.microphones * config.bins() * kFeatures));
  masks_ = arena_.claim<float>(columns * size(2 * config.masks() * config.bins()));
  tanh_ = arena_.claim<float>(size(2 * config.masks() * config.bins()));
  voice_ = arena_.claim<float>(config.voice ? columns : 0);
  scratch_ = arena_.claim<float>(scratch);
}

void LongConvState::analyse(int lane, int frame, const std::complex<float>* columns,
                            std::ptrdiff_t apart, int band, float scale) LIMPID_REALTIME {
  const int bins = network_->config.bins(), one = kFeatures * bins;
  float* features = features_.data() + column(lane, frame) * network_->config.microphones * one;
  spectrum_features(levels_, lane, columns, band, bins, scale, features);
  microphones_.run(lane, columns, apart, band, features + one);
}

int LongConvState::run() LIMPID_REALTIME {
  const LongConvConfig& config = network_->config;
  const int one = kFeatures * config.bins();  // microphone's features
  for (int index = 0; const LongConvNetwork::Band& band : network_->bands)
    multiply(band.split,
             columns_of(features_, config.microphones * one, x_.columns(), kFeatures * band.first,
                        config.microphones * kFeatures * band.bins),
             x_.band(index++), config.microphones, one);
  for (std::size_t i = 0; i < memories_.size(); ++i) {
    const LongConvNetwork::Block& block = network_->blocks[i];
    block.memory.run(memories_[i], x_, scratch_);
    block.exchange.run(x_, scratch_);
    block.refine.run(x_, scratch_);
  }
  kernels::layer_norm(x_.by_band(), network_->norm.gain.data(), network_->norm.offset.data(),
                      nullptr, kernels::kNormEpsilon, x_.by_band());
  make_masks();
  if (config.voice) detect_voice();
  return x_.frames;
}

void LongConvState::make_masks() LIMPID_REALTIME {
  const LongConvConfig& config = network_->config;
  const int parts = 2 * config.masks();
  for (int index = 0; const LongConvNetwork::Band& band : network_->bands)
    multiply(band.masks, x_.band(index++),
             columns_of(masks_, parts * config.bins(), x_.columns(), parts * band.first,
                        parts * band.bins));
}

// One linear layer on the mean of the bands.
void LongConvState::detect_voice() LIMPID_REALTIME {
  for (int column = 0; column < x_.columns(); ++column) {
    float sum = 0.0f;
    for (int band = 0; band < x_.bands; ++band) {
      const float* values = x_.band(band).row(column);
      for (int c = 0; c < x_.channels; ++c) sum += network_->voice[size(c)] * values[c];
    }
    voice_[size(column)] = sum / static_cast<float>(x_.bands) + network_->voice_bias;
  }
  kernels::sigmoid(voice_.data(), x_.columns(), voice_.data());
}

void LongConvState::mask(int lane, int frame, std::ptrdiff_t stride, float* re,
                         float* im) LIMPID_REALTIME {
  const LongConvConfig& config = network_->config;
  const int all = 2 * config.masks() * config.bins();
  std::ranges::fill(tanh_, 0.0f);
  kernels::add_tanh(masks_.data() + column(lane, frame) * all, all, tanh_.data());
  const float* next = tanh_.data();
  for (const LongConvNetwork::Band& band : network_->bands)
    for (const auto& [first, last] :
         {std::pair(0, config.taps), std::pair(config.taps, config.masks())})
      for (float* part : {re, im})
        for (int mask = first; mask < last; ++mask, next += band.bins)
          std::copy_n(next, band.bins, part + mask * stride + band.first);
}

float LongConvState::voice(int lane, int frame) const LIMPID_REALTIME {
  return voice_[static_cast<std::size_t>(column(lane, frame))];
}

void LongConvState::reset() LIMPID_REALTIME {
  for (int lane = 0; lane < x_.lanes; ++lane) restart(lane);
}

void LongConvState::restart(int lane) LIMPID_REALTIME {
  levels_.restart(lane);
  microphones_.restart(lane);
  for (LongMemory::State& state : memories_) state.restart(lane);
}

}  // namespace limpid::models
