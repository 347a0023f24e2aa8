// SPDX-License-Identifier: MIT
#include "models/avsr/decoder.h"

#include "lib/analysis/trace_layer.h"
#include "lib/kernels/elementwise.h"

namespace limpid::models::avsr {
namespace {

void add(FeaturesView x, TensorView<float, 2> y) {
  for (std::ptrdiff_t t = 0; t < x.extent(0); ++t)
    kernels::accumulate(x[t].data(), static_cast<int>(x.extent(1)), y[t].data());
}

Features copy(FeaturesView x) {
  Features y(x.shape());
  add(x, y.view());
  return y;
}

// [token][feature] as one lane.
TensorView<const float, 3> lane(FeaturesView x) {
  return {x.data(), {1, x.extent(0), x.extent(1)}, {0, x.stride(0), 1}};
}

}  // namespace

Decoder::Decoder(TensorReader& reader, const Config& config) : gated_(config.gate) {
  for (int n = 0; n < config.layers; ++n)
    layers_.push_back(load_layer(reader, "layers." + std::to_string(n) + ".", config));
  norm_ = load_norm(reader, "norm", config.width);
  const int scores = static_cast<int>(config.words.size()) + 1;
  head_ = load_linear(reader, "head", scores, config.width, true);
}

Decoder::Layer Decoder::load_layer(TensorReader& reader, const std::string& name,
                                   const Config& config) {
  const int width = config.width;
  std::vector<float> sinks;
  if (config.attention == nn::AttentionKind::sink_logit)
    sinks = reader.take(name + "sink", {config.heads});
  Layer layer{
      TensorReader::taken(nn::Attention::create(config.attention_config(), {.sink_logits = sinks})),
      {},
      {},
      {},
      {},
      {},
      {},
      {}};
  layer.norm1 = load_norm(reader, name + "norm1", width);
  layer.norm2 = load_norm(reader, name + "norm2", width);
  layer.qkv = load_linear(reader, name + "qkv", 3 * width, width, false);
  layer.out = load_linear(reader, name + "out", width, width, false);
  if (config.gate) layer.gate = load_linear(reader, name + "gate", config.heads, width, true);
  layer.up = load_linear(reader, name + "up", config.hidden, width, true);
  layer.down = load_linear(reader, name + "down", width, config.hidden, true);
  return layer;
}

Result<Decoder::Memory> Decoder::Memory::open(const Decoder& decoder) {
  Memory memory;
  for (const Layer& layer : decoder.layers_) {
    auto stream = nn::AttentionStream::open(memory.arena_, layer.attention, 1);
    if (!stream) return stream.error();
    memory.layers_.push_back(*std::move(stream));
  }
  return memory;
}

Decoder::Projections Decoder::project(const Layer& layer, FeaturesView x) const {
  const Features normal = avsr::run(layer.norm1, x);
  Projections p;
  p.qkv = avsr::run(layer.qkv, normal.view());
  const std::ptrdiff_t width = x.extent(1);
  const FeaturesView qkv = p.qkv.view();
  p.input = {lane(qkv.slice(1, 0, width)),
             lane(qkv.slice(1, width, width)),
             lane(qkv.slice(1, 2 * width, width)),
             {}};
  if (!gated_) return p;
  p.gate = avsr::run(layer.gate, normal.view());
  p.input.gate = lane(p.gate.view());
  return p;
}

void Decoder::finish(const Layer& layer, FeaturesView attended, TensorView<float, 2> x) const {
  const Features mixed = avsr::run(layer.out, attended);
  add(mixed.view(), x);
  const Features normal = avsr::run(layer.norm2, x);
  const Features hidden = avsr::run(layer.up, normal.view(), kernels::Activation::relu);
  const Features out = avsr::run(layer.down, hidden.view());
  add(out.view(), x);
}

void Decoder::run(Memory& memory, TensorView<float, 2> x) const {
  for (std::size_t n = 0; n < layers_.size(); ++n) {
    const Projections p = project(layers_[n], x);
    Tensor<float, 3> attended({1, x.extent(0), x.extent(1)});
    memory.layers_[n].process(p.input, attended.view());
    finish(layers_[n], attended.view()[0], x);
  }
}

Status Decoder::trace(TensorView<float, 2> x, AttentionTrace& trace) const {
  trace.hidden.push_back(copy(x));
  for (std::size_t n = 0; n < layers_.size(); ++n) {
    const Layer& layer = layers_[n];
    const Projections p = project(layer, x);
    auto shown =
        analysis::trace_layer(layer.attention, p.input, 0, "decoder " + std::to_string(n + 1));
    if (!shown) return shown.error();
    trace.layers.push_back(*std::move(shown));
    Tensor<float, 3> attended({1, x.extent(0), x.extent(1)});
    if (auto done = layer.attention.run(p.input, attended.view()); !done) return done;
    finish(layer, attended.view()[0], x);
    trace.hidden.push_back(copy(x));
  }
  return Done{};
}

Features Decoder::scores(FeaturesView x) const {
  const Features normal = avsr::run(norm_, x);
  return avsr::run(head_, normal.view());
}

}  // namespace limpid::models::avsr
